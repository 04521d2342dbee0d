#include "harness/checks/dry_run.hpp"

#include "harness/execute/address_context.hpp"
#include "harness/execute/execute.hpp"
#include "harness/op/call.hpp"

namespace mlacheck {
DryRun dry_run(const Subject& subject, const Problem& problem, Backend& backend) {
  DryRun result;
  Addresses addresses(backend);
  Call call;
  for (const Operand& operand : problem.operands) {
    const auto width = static_cast<std::int64_t>(size_of(operand.dtype));
    std::byte* const memory = addresses.take(operand.layout.storage * width, operand.name);
    if (memory == nullptr) {
      result.left_out = backend.sparse_unavailable();
      return result;
    }
    call.set_tensor(operand.name, tensor_of(operand, memory));
  }
  for (const auto& [name, value] : problem.integers) call.set_integer(name, value);
  for (const auto& [name, value] : problem.reals) call.set_real(name, value);
  AddressContext context(backend, addresses);
  Run run;
  result.status = backend.begin_capture();
  if (!result.status.ok()) {
    result.left_out = result.status.message();
    return result;
  }
  result.status = call_subject(subject, call, context, run);
  const Status captured = backend.end_capture();
  static_cast<void>(backend.drain_findings());
  result.launches = context.launches();
  result.scratch = context.scratch();
  result.moved = context.moved();
  for (const LaunchRecord& launch : result.launches) result.blocks += launch.grid.count();
  const auto launches = backend.captured_launches();
  if (!run.harness_error.empty()) result.left_out = run.harness_error;
  if (!captured.ok()) result.left_out = captured.message();
  if (launches && *launches != result.launches.size()) {
    result.left_out = "launches go past the backend";
  }
  return result;
}

}  // namespace mlacheck
