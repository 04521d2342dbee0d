#include "harness/backends/cpu/backend_cpu.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "harness/backends/cpu/executor.hpp"
#include "harness/backends/cpu/memory/guard_pages.hpp"
#include "harness/backends/cpu/memory/page_files.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

namespace mlacheck {
namespace {

constexpr std::size_t kAlignment = 256;

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown processor";
}

cpu::ThreadOrder thread_order(Order order) {
  switch (order) {
    case Order::descending:
      return cpu::ThreadOrder::descending;
    case Order::seeded:
      return cpu::ThreadOrder::seeded;
    case Order::ascending:
      break;
  }
  return cpu::ThreadOrder::ascending;
}

// The system may grant more than it has, and end the process when that is written to.
std::size_t memory_of_machine() {
  static const std::size_t bytes = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                                   static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(int warp_width) : warp_width_(warp_width) {}

  std::string name() const override { return "cpu.w" + std::to_string(warp_width_); }
  std::string unavailable() const override { return {}; }
  std::string device() const override {
    return processor_name() + ", " + std::to_string(std::thread::hardware_concurrency()) +
           " threads";
  }
  bool concurrent() const override { return true; }

  std::byte* allocate(std::size_t bytes) override {
    if (bytes > memory_of_machine()) return nullptr;
    const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return static_cast<std::byte*>(std::aligned_alloc(kAlignment, std::max(rounded, kAlignment)));
  }
  void free(std::byte* memory) override { std::free(memory); }
  Status upload(std::byte* to, const std::byte* from, std::size_t bytes) override {
    std::memcpy(to, from, bytes);
    return {};
  }
  Status download(std::byte* to, const std::byte* from, std::size_t bytes) override {
    std::memcpy(to, from, bytes);
    cpu::mark_initialized(to, bytes);  // the copy is the harness's; its shadow is of no interest
    return {};
  }
  Status fill(std::byte* to, std::byte value, std::size_t bytes) override {
    std::memset(to, std::to_integer<int>(value), bytes);
    return {};
  }
  std::byte* allocate_guarded(std::size_t bytes, Side side, const std::string& name) override {
    return cpu::allocate_guarded(bytes, side, name);
  }
  void free_guarded(std::byte* memory) override { cpu::free_guarded(memory); }
  std::string guarded_unavailable() const override { return "no memory for guard pages"; }
  std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& /*touched*/,
                             const std::string& name) override {
    // MSan and TSan would need shadow for the whole span.
    return cpu::is_msan() || cpu::is_tsan() ? nullptr : cpu::allocate_sparse(bytes, name);
  }
  std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& /*touched*/,
                             const std::string& name) override {
    return cpu::is_msan() || cpu::is_tsan() ? nullptr : cpu::allocate_spread(bytes, name);
  }
  std::optional<std::vector<Range>> touched_pages(const std::byte* memory) override {
    return cpu::touched_pages(memory);
  }
  void free_sparse(std::byte* memory) override { cpu::free_guarded(memory); }
  std::string sparse_unavailable() const override {
    if (cpu::is_msan()) return "MSan keeps a shadow of every address";
    if (cpu::is_tsan()) return "TSan keeps a shadow of every address";
    return "no address space";
  }
  bool can_capture() const override { return true; }
  Status begin_capture() override {
    cpu::begin_recording();
    return {};
  }
  Status end_capture() override {
    captured_ = cpu::end_recording();
    return {};
  }
  std::optional<std::size_t> captured_launches() const override { return captured_; }
  Status replay() override { return cpu::run_recorded(); }
  bool can_choose_blocks() const override { return true; }
  Status replay_blocks(const std::vector<std::vector<std::uint64_t>>& blocks) override {
    return cpu::run_recorded(blocks);
  }
  bool can_order() const override { return true; }
  void set_order(Order order, std::uint64_t seed) override {
    cpu::ExecutorOptions options = cpu::executor_options();
    options.order = thread_order(order);
    options.seed = seed;
    cpu::set_executor_options(options);
  }
  void* stream() override { return nullptr; }
  Status synchronize() override { return {}; }

  void declare(std::byte* memory, std::size_t bytes, Use use) override {
    switch (use) {
      case Use::initialized:
        return cpu::mark_initialized(memory, bytes);
      case Use::uninitialized:
        return cpu::mark_uninitialized(memory, bytes);
      case Use::forbidden:
        return cpu::forbid_access(memory, bytes);
      case Use::allowed:
        return cpu::allow_access(memory, bytes);
    }
  }

  std::optional<std::size_t> first_uninitialized(const std::byte* memory,
                                                 std::size_t bytes) override {
    return cpu::first_uninitialized(memory, bytes);
  }

  std::string drain_failure() override { return cpu::drain_no_memory(); }

  std::vector<Finding> drain_findings() override {
    std::vector<Finding> findings;
    for (const cpu::ExecutorFinding& finding : cpu::drain_findings()) {
      findings
          .emplace_back(Check::executor, finding.text, "", std::string(cpu::name_of(finding.kind)))
          .address = finding.address;
    }
    for (std::string& report : cpu::drain_sanitizer_reports()) {
      findings.emplace_back(Check::sanitizer, std::move(report), "", "report");
    }
    return findings;
  }

 private:
  int warp_width_;
  std::size_t captured_ = 0;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int warp_width) {
  return std::make_unique<CpuBackend>(warp_width);
}

}  // namespace mlacheck
