#include "harness/checks/dry_run.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "harness/execute/execute.hpp"
#include "harness/op/call.hpp"

namespace mlacheck {
namespace {

// Memory of this much is taken for none at all: no device has it.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 44;

// Addresses that are given back in the end.
class Addresses {
 public:
  explicit Addresses(Backend& backend) : backend_(&backend) {}
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;
  ~Addresses() {
    for (std::byte* const memory : taken_) backend_->free_sparse(memory);
  }

  std::byte* take(std::int64_t bytes, const std::string& name) {
    if (bytes > kMostBytes) return nullptr;
    std::byte* const memory = backend_->allocate_sparse(
        static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1)), {}, name);
    if (memory != nullptr) taken_.push_back(memory);
    return memory;
  }

 private:
  Backend* backend_;
  std::vector<std::byte*> taken_;
};

class DryContext final : public LaunchContext {
 public:
  DryContext(Backend& backend, Addresses& addresses) : backend_(&backend), addresses_(&addresses) {}

  using LaunchContext::allocate;
  Tensor allocate(std::string_view name, DType dtype,
                  std::span<const std::int64_t> shape) override {
    const std::optional<std::int64_t> bytes = dense_bytes(dtype, shape);
    std::byte* const memory =
        bytes && *bytes > 0 ? addresses_->take(*bytes, std::string(name)) : nullptr;
    return dense_tensor(memory, dtype, shape);
  }
  void release(const Tensor& /*scratch*/) override {}
  void* stream() const override { return backend_->stream(); }
  Status record(const LaunchRecord& launch) override {
    ++launches_;
    blocks_ += launch.grid.count();
    return {};
  }
  unsigned long long* receipt_counter() const override { return nullptr; }

  std::size_t launches() const { return launches_; }
  std::uint64_t blocks() const { return blocks_; }

 private:
  Backend* backend_;
  Addresses* addresses_;
  std::size_t launches_ = 0;
  std::uint64_t blocks_ = 0;
};

}  // namespace

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
  DryContext context(backend, addresses);
  Run run;
  result.status = backend.begin_capture();
  if (!result.status.ok()) {
    result.left_out = result.status.message();
    return result;
  }
  result.status = call_subject(subject, call, context, run);
  const Status captured = backend.end_capture();
  static_cast<void>(backend.drain_findings());
  result.blocks = context.blocks();
  const auto launches = backend.captured_launches();
  if (!run.harness_error.empty()) result.left_out = run.harness_error;
  if (!captured.ok()) result.left_out = captured.message();
  if (launches && *launches != context.launches()) {
    result.left_out = "launches go past the backend";
  }
  return result;
}

}  // namespace mlacheck
