#include "harness/execute/execute.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "harness/environment/foreign_code.hpp"
#include "harness/execute/guarded_context.hpp"
#include "harness/memory/poison.hpp"

namespace mlacheck {
namespace {

bool is_exhausted() {
  constexpr std::size_t kModest = std::size_t{64} << 20;
  void* const memory = ::operator new(kModest, std::nothrow);
  ::operator delete(memory);
  return memory == nullptr;
}

// A function of its own: the state that the call left is read only after the scope has ended.
Status call_guarded(const Subject& subject, const Call& call, LaunchContext& context) {
  const ForeignCode foreign;
  return subject.run(call, context);
}

Status try_call(const Subject& subject, const Call& call, LaunchContext& context, Run& run) {
  try {
    return call_guarded(subject, call, context);
  } catch (const std::bad_alloc&) {
    // Did the subject ask for too much, or is the machine out of memory?
    if (is_exhausted()) {
      run.harness_error = "no memory for what variant '" + subject.variant + "' asked for";
    } else {
      run.findings.push_back({Check::liveness, "the subject threw: std::bad_alloc", "", "threw"});
    }
  } catch (const std::exception& error) {
    run.findings.push_back(
        {Check::liveness, std::string("the subject threw: ") + error.what(), "", "threw"});
  } catch (...) {
    run.findings.push_back(
        {Check::liveness, "the subject threw something that is no exception", "", "threw"});
  }
  return {};
}

// For a subject that records no launches, such as a closed library: the counts of the driver
// replace its own.
void stand_in(const DriverWork& seen, Cost& cost) {
  cost.launches = seen.launches;
  cost.bytes_filled = std::max(cost.bytes_filled, seen.bytes_filled);
  cost.bytes_copied = std::max(cost.bytes_copied, seen.bytes_copied);
  cost.synchronizations = std::max(cost.synchronizations, seen.synchronizations);
}

}  // namespace

Status call_subject(const Subject& subject, const Call& call, LaunchContext& context, Run& run) {
  if (!subject.run) {
    throw std::logic_error("variant '" + subject.variant + "' is described here, not loaded");
  }
  static_cast<void>(take_changed_environment());
  static_cast<void>(take_changed_limits());
  Status status = try_call(subject, call, context, run);
  const std::string changed = take_changed_environment();
  if (!changed.empty()) {
    run.findings.push_back({Check::canary,
                            "the floating-point environment was left changed: " + changed, "",
                            "environment"});
  }
  const std::string limits = take_changed_limits();
  if (!limits.empty()) {
    run.findings.push_back(
        {Check::canary, "the resource limits were left changed: " + limits, "", "environment"});
  }
  return status;
}

std::string trace_of(const Operand& operand, const std::vector<std::uint32_t>& after,
                     Poison poison) {
  if (operand.access == Access::input) return {};
  const std::uint32_t untouched = poison_bits(operand.dtype, poison);
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool holds_value = operand.access == Access::update && operand.cell(i) != Cell::dead;
    if (after[i] != (holds_value ? operand.bits[i] : untouched)) {
      return "element " + index_text(operand.layout.shape, i) + " of " + operand.name +
             " was written";
    }
  }
  return {};
}

Run execute(const Subject& subject, const Problem& problem, PlacedOperands& placed,
            Backend& backend, const RunOptions& options) {
  Run run;
  run.problem = &problem;
  GuardedContext context(backend, options.scratch, options.workspace);
  run.harness_error = placed.error();
  if (run.harness_error.empty()) run.harness_error = context.backend_error();
  if (!run.harness_error.empty()) return run;
  if (options.denied) context.deny(*options.denied);
  backend.drain_findings();
  static_cast<void>(backend.drain_failure());
  backend.set_order(options.order, options.order_seed);
  backend.watch();
  run.status = call_subject(subject, placed.call(problem), context, run);
  run.driver = backend.watched();
  const Status finished = backend.synchronize();
  backend.set_order(Order::ascending, 0);
  if (const std::string failure = backend.drain_failure(); !failure.empty()) {
    run.harness_error = failure;
  }
  if (!run.harness_error.empty()) return run;
  run.fault = !finished.ok();
  // The failure of the device is the status, unless the subject has already said what failed.
  const bool told = run.status.code() == StatusCode::launch_failed ||
                    run.status.code() == StatusCode::compile_failed;
  if (run.fault && !told) run.status = finished;
  for (Finding& finding : backend.drain_findings()) {
    placed.locate(finding);
    run.findings.push_back(std::move(finding));
  }
  // Memory of a device that failed cannot be read.
  if (!finished.ok()) return run;
  for (std::string& violation : context.scratch_violations()) {
    run.findings.emplace_back(Check::canary, std::move(violation), "scratch", "red zone");
  }
  const bool declined = run.status.code() == StatusCode::unsupported;
  run.outputs =
      placed.collect(run.findings, run.status.ok() ? Outputs::written : Outputs::unfinished);
  if (declined) {
    for (std::size_t k = 0; k < run.outputs.size(); ++k) {
      std::string trace = trace_of(problem.operands[k], run.outputs[k], options.outputs);
      if (trace.empty()) continue;
      run.findings.emplace_back(Check::canary, "declined, and " + trace, problem.operands[k].name,
                                "written");
    }
  }
  run.launches = context.launches();
  run.cost = context.cost();
  if (run.driver && run.launches.empty()) stand_in(*run.driver, run.cost);
  run.receipt = context.blocks_run() == context.blocks_expected();
  run.harness_error = placed.error();
  if (run.harness_error.empty()) run.harness_error = context.backend_error();
  return run;
}

Run execute(const Subject& subject, const Problem& problem, Backend& backend,
            const RunOptions& options) {
  PlacedOperands placed(problem, backend, options);
  return execute(subject, problem, placed, backend, options);
}

Status launch_only(const Subject& subject, const Problem& problem, Backend& backend) {
  backend.allocate_fresh();
  Run run;
  const PlacedOperands placed = PlacedOperands::bare(problem, backend);
  GuardedContext context(backend, std::nullopt);
  const std::string error = placed.error().empty() ? context.backend_error() : placed.error();
  if (!error.empty()) return {StatusCode::out_of_memory, error};
  const Status launched = call_subject(subject, placed.call(problem), context, run);
  const Status finished = backend.synchronize();
  if (!run.harness_error.empty()) return {StatusCode::out_of_memory, run.harness_error};
  if (!run.findings.empty()) return {StatusCode::launch_failed, run.findings.front().text};
  return launched.ok() ? finished : launched;
}

}  // namespace mlacheck
