#include "tests/executor/support.hpp"

#include <stdexcept>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

namespace mlacheck::executor_test {

std::vector<Configuration> all_configurations() {
  std::vector<Configuration> all;
  for (const int width : {32, 64}) {
    for (const auto order :
         {cpu::ThreadOrder::ascending, cpu::ThreadOrder::descending, cpu::ThreadOrder::seeded}) {
      all.push_back({width, {order, 20240229, 1}});
    }
  }
  return all;
}

Outcome run(const Configuration& configuration, std::string_view kernel, Dim3 grid, Dim3 block,
            const Params& params, std::size_t dynamic_shared_bytes) {
  const NamedKernel* entry = configuration.warp_width == 32 ? kernels_w32() : kernels_w64();
  while (entry->name != nullptr && kernel != entry->name) ++entry;
  if (entry->name == nullptr) throw std::out_of_range("no kernel " + std::string(kernel));
  cpu::show_sanitizer_reports(false);
  static_cast<void>(cpu::drain_findings());
  static_cast<void>(cpu::drain_sanitizer_reports());
  const cpu::ScopedExecutorOptions options(configuration.options);
  Context context;
  Outcome outcome;
  outcome.status = entry->launch(context, grid, block, dynamic_shared_bytes, params);
  outcome.receipt = context.receipt;
  outcome.findings = cpu::drain_findings();
  outcome.reports = cpu::drain_sanitizer_reports();
  return outcome;
}

std::string print(const Outcome& outcome) {
  std::string text = outcome.status.ok() ? "status ok\n" : outcome.status.message() + "\n";
  for (const cpu::ExecutorFinding& finding : outcome.findings) text += finding.text + "\n";
  for (const std::string& report : outcome.reports) text += report + "\n";
  return text;
}

std::size_t count(const Outcome& outcome, cpu::FindingKind kind) {
  std::size_t found = 0;
  for (const cpu::ExecutorFinding& finding : outcome.findings) found += finding.kind == kind;
  return found;
}

std::size_t count(const Outcome& outcome, std::string_view text) {
  std::size_t found = 0;
  for (const std::string& report : outcome.reports) {
    found += report.find(text) != std::string::npos;
  }
  return found;
}

}  // namespace mlacheck::executor_test
