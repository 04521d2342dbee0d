// A launch context on plain host memory, without guards or poison: for tests of host routines and
// for callers that want to use a CPU subject as an ordinary function.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "harness/op/launch_context.hpp"

namespace mlacheck {

class PlainContext : public LaunchContext {
 public:
  using LaunchContext::allocate;
  Tensor allocate(std::string_view name, DType dtype, std::span<const std::int64_t> shape) override;
  void release(const Tensor& scratch) override;
  void* stream() const override { return nullptr; }
  Status record(const LaunchRecord& launch) override {
    launches_.push_back(launch);
    return {};
  }
  unsigned long long* receipt_counter() const override { return nullptr; }

  const std::vector<LaunchRecord>& launches() const { return launches_; }
  int allocations() const { return allocations_; }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::vector<LaunchRecord> launches_;
  int allocations_ = 0;
};

}  // namespace mlacheck
