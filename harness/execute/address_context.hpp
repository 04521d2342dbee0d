// A launch context whose scratch is addresses: its size costs nothing until it is touched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/op/launch_context.hpp"

namespace mlacheck {

/// Addresses that are given back in the end.
class Addresses {
 public:
  /// Whether a kernel may access what lies there.
  enum class Memory : std::uint8_t { none, accessible };

  /// `backend` must outlive it.
  explicit Addresses(Backend& backend, Memory memory = Memory::none)
      : backend_(&backend), memory_(memory) {}
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;
  ~Addresses();

  /// Null where there are none, or more are wanted than any device has memory.
  std::byte* take(std::int64_t bytes, const std::string& name);

 private:
  Backend* backend_;
  Memory memory_;
  std::vector<std::byte*> taken_;
};

/// For calls whose launches are recorded. It counts no receipts.
class AddressContext final : public LaunchContext {
 public:
  AddressContext(Backend& backend, Addresses& addresses)
      : backend_(&backend), addresses_(&addresses) {}

  using LaunchContext::allocate;
  Tensor allocate(std::string_view name, DType dtype, std::span<const std::int64_t> shape) override;
  void release(const Tensor& /*scratch*/) override {}
  void* stream() const override { return backend_->stream(); }
  Status record(const LaunchRecord& launch) override;
  void record_traffic(Traffic /*traffic*/, std::uint64_t bytes) override { moved_ += bytes; }
  unsigned long long* receipt_counter() const override { return nullptr; }

  const std::vector<LaunchRecord>& launches() const { return launches_; }

  /// All that was asked for.
  const std::vector<Tensor>& scratch() const { return scratch_; }

  /// Bytes that the call says it fills and copies.
  std::uint64_t moved() const { return moved_; }

 private:
  Backend* backend_;
  Addresses* addresses_;
  std::vector<LaunchRecord> launches_;
  std::vector<Tensor> scratch_;
  std::uint64_t moved_ = 0;
};

}  // namespace mlacheck
