// The launch context of the harness: scratch between red zones under poison, receipts, launch log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/execute/run_options.hpp"
#include "harness/execute/workspace.hpp"
#include "harness/memory/poison.hpp"
#include "harness/op/cost.hpp"
#include "harness/op/launch_context.hpp"

namespace mlacheck {

class GuardedContext : public LaunchContext {
 public:
  /// Without a poison scratch is handed out as the backend allocates it, and nothing is guarded:
  /// for outside tools that track initialisation themselves. With a workspace scratch comes from
  /// there, as earlier calls left it, and is not guarded.
  GuardedContext(Backend& backend, std::optional<Poison> poison, Workspace* workspace = nullptr);
  ~GuardedContext() override;

  /// A null pointer in a tensor that has elements says that there is not enough memory. That is the
  /// subject's to answer for: it asked, and may do without.
  using LaunchContext::allocate;
  Tensor allocate(std::string_view name, DType dtype, std::span<const std::int64_t> shape) override;
  void release(const Tensor& scratch) override;
  void* stream() const override { return backend_->stream(); }
  Status record(const LaunchRecord& launch) override;
  void record_traffic(Traffic traffic, std::uint64_t bytes) override;
  void record_synchronization() override { ++cost_.synchronizations; }
  unsigned long long* receipt_counter() const override;

  /// For work that is recorded and runs after the call: scratch may be used although it has been
  /// released.
  void keep_released() { keeps_released_ = true; }

  /// From now on. Scratch without elements needs no memory, and is not denied.
  void deny(const Denial& denied) { denied_ = denied; }

  const std::vector<LaunchRecord>& launches() const { return launches_; }

  /// What the call has asked for so far.
  const Cost& cost() const { return cost_; }

  /// Call after synchronize(). One line for each scratch buffer whose red zones changed.
  std::vector<std::string> scratch_violations();

  /// Blocks that the recorded launches should have run, and that the receipt counted.
  std::uint64_t blocks_expected() const;
  std::uint64_t blocks_run();

  /// The first failure of the backend itself (fill, copy); empty if none.
  const std::string& backend_error() const { return backend_error_; }

 private:
  struct Block {
    std::string name;
    std::byte* memory;
    std::size_t zone;
    std::size_t bytes;
  };

  void note(const Status& status);
  void count(const void* data, std::size_t bytes);
  bool zone_intact(const Block& block, std::size_t from);

  Backend* backend_;
  std::optional<Poison> poison_;
  Workspace* workspace_;
  std::optional<Denial> denied_;
  bool keeps_released_ = false;
  std::uint64_t requests_ = 0;  // for scratch
  std::byte* receipt_ = nullptr;
  std::vector<Block> blocks_;
  std::vector<LaunchRecord> launches_;
  std::map<const void*, std::uint64_t> held_;  // scratch not yet released, bytes
  std::uint64_t held_bytes_ = 0;
  Cost cost_;
  std::string backend_error_;
};

}  // namespace mlacheck
