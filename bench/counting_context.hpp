// A launch context whose scratch costs nothing after the first call, and that counts what the
// contract of a variant promises.
#pragma once

#include <cstdint>

#include "harness/execute/workspace.hpp"
#include "harness/op/launch_context.hpp"

namespace mlacheck::bench {

class CountingContext final : public LaunchContext {
 public:
  /// `backend` must outlive it.
  explicit CountingContext(Backend& backend) : stream_(backend.stream()), workspace_(backend) {}

  /// Counts start at 0 again, and the next request gets the memory that the first one got.
  void start_call() {
    workspace_.rewind();
    launches_ = 0;
    bytes_allocated_ = 0;
    bytes_copied_ = 0;
  }
  std::uint64_t launches() const { return launches_; }
  std::uint64_t bytes_allocated() const { return bytes_allocated_; }
  std::uint64_t bytes_copied() const { return bytes_copied_; }

  Tensor allocate(std::string_view /*name*/, DType dtype,
                  std::span<const std::int64_t> shape) override {
    Tensor tensor = dense_tensor(nullptr, dtype, shape);
    const auto bytes = static_cast<std::size_t>(tensor.elements()) * size_of(dtype);
    bytes_allocated_ += bytes;
    if (bytes > 0) tensor.data = workspace_.take(bytes);
    return tensor;
  }
  void release(const Tensor& /*scratch*/) override {}
  void* stream() const override { return stream_; }
  Status record(const LaunchRecord& /*launch*/) override {
    ++launches_;
    return {};
  }
  void record_traffic(Traffic traffic, std::uint64_t bytes) override {
    if (traffic == Traffic::copy) bytes_copied_ += bytes;
  }
  unsigned long long* receipt_counter() const override { return nullptr; }

 private:
  void* stream_;
  Workspace workspace_;
  std::uint64_t launches_ = 0;
  std::uint64_t bytes_allocated_ = 0;
  std::uint64_t bytes_copied_ = 0;
};

}  // namespace mlacheck::bench
