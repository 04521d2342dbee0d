#include "harness/execute/spread_run.hpp"

#include <optional>
#include <utility>

#include "harness/execute/address_context.hpp"
#include "harness/execute/operand_memory.hpp"

namespace mlacheck {
namespace {

// One call whose launches are recorded, and run by chosen blocks.
class ChosenBlocks {
 public:
  ChosenBlocks(const Subject& subject, const Spread& spread, Backend& backend)
      : backend_(&backend),
        placed_(spread, backend, RunOptions::poisoned(Poison::ones)),
        addresses_(backend, Addresses::Memory::accessible),
        context_(backend, addresses_) {
    Run& run = result_.run;
    run.problem = &spread.problem;
    if (!placed_.error().empty()) {
      result_.left_out = placed_.error();
      return;
    }
    static_cast<void>(backend.drain_findings());
    run.status = backend.begin_capture();
    if (!run.status.ok()) return;
    run.status = call_subject(subject, placed_.call(spread.problem), context_, run);
    if (Status captured = backend.end_capture(); run.status.ok() && !captured.ok()) {
      run.status = std::move(captured);
    }
    const std::optional<std::size_t> launches = backend.captured_launches();
    if (launches && *launches != context_.launches().size()) {
      result_.left_out = "launches go past the backend";
    }
  }

  SpreadRun finish(const BlockChoice& blocks_of) {
    Run& run = result_.run;
    if (!result_.left_out.empty() || !run.status.ok()) return std::move(result_);
    std::vector<std::vector<std::uint64_t>>& blocks = result_.blocks;
    for (const LaunchRecord& launch : context_.launches()) {
      blocks.push_back(blocks_of(blocks.size(), launch));
    }
    run.status = backend_->replay_blocks(blocks);
    run.harness_error = backend_->drain_failure();
    for (Finding& finding : backend_->drain_findings()) {
      placed_.locate(finding);
      run.findings.push_back(std::move(finding));
    }
    if (!run.status.ok()) return std::move(result_);
    run.launches = context_.launches();
    result_.pages = placed_.touched_pages();
    run.outputs = placed_.collect(run.findings);
    run.receipt = true;  // of a grid run in part there is none
    if (run.harness_error.empty()) run.harness_error = placed_.error();
    return std::move(result_);
  }

 private:
  Backend* backend_;
  PlacedOperands placed_;
  Addresses addresses_;
  AddressContext context_;
  SpreadRun result_;
};

}  // namespace

SpreadRun run_spread(const Subject& subject, const Spread& spread, Backend& backend,
                     const BlockChoice& blocks_of) {
  if (backend.can_choose_blocks()) {
    return ChosenBlocks(subject, spread, backend).finish(blocks_of);
  }
  const RunOptions options = RunOptions::poisoned(Poison::ones);
  PlacedOperands placed(spread, backend, options);
  SpreadRun result;
  result.left_out = placed.error();
  if (!result.left_out.empty()) return result;
  result.run = execute(subject, spread.problem, placed, backend, options);
  backend.trim();  // scratch of this size is not worth keeping
  if (result.run.status.code() == StatusCode::out_of_memory) {
    result.left_out = result.run.status.message();
  }
  return result;
}

}  // namespace mlacheck
