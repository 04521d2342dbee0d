// The CPU backend with a device that fails: for what no CPU does by itself.
#pragma once

#include <memory>
#include <utility>

#include "harness/backends/cpu/backend_cpu.hpp"

namespace mlacheck {

/// Hands everything on, until the call that `fails_at` counts: from its synchronize() on nothing
/// works any more, as on a device whose context is broken.
class FaultyBackend final : public Backend {
 public:
  explicit FaultyBackend(int fails_at) : left_(fails_at) {}

  std::string name() const override { return cpu_->name(); }
  std::string unavailable() const override { return {}; }
  std::string device() const override { return cpu_->device(); }
  bool concurrent() const override { return false; }
  std::byte* allocate(std::size_t bytes) override { return cpu_->allocate(bytes); }
  void free(std::byte* memory) override { cpu_->free(memory); }
  Status upload(std::byte* to, const std::byte* from, std::size_t bytes) override {
    return broken_ ? fault() : cpu_->upload(to, from, bytes);
  }
  Status download(std::byte* to, const std::byte* from, std::size_t bytes) override {
    return broken_ ? fault() : cpu_->download(to, from, bytes);
  }
  Status fill(std::byte* to, std::byte value, std::size_t bytes) override {
    return broken_ ? fault() : cpu_->fill(to, value, bytes);
  }
  void* stream() override { return nullptr; }
  Status synchronize() override {
    broken_ = broken_ || --left_ <= 0;
    return broken_ ? fault() : Status{};
  }
  void declare(std::byte* memory, std::size_t bytes, Use use) override {
    cpu_->declare(memory, bytes, use);
  }
  std::optional<std::size_t> first_uninitialized(const std::byte* memory,
                                                 std::size_t bytes) override {
    return cpu_->first_uninitialized(memory, bytes);
  }
  std::vector<Finding> drain_findings() override { return cpu_->drain_findings(); }

 private:
  static Status fault() { return {StatusCode::launch_failed, "an illegal memory access"}; }

  std::unique_ptr<Backend> cpu_ = make_cpu_backend(32);
  int left_;
  bool broken_ = false;
};

}  // namespace mlacheck
