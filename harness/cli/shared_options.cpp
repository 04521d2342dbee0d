#include "harness/cli/shared_options.hpp"

#include <algorithm>
#include <random>
#include <thread>

namespace mlacheck {

std::string help_footer(const std::string& examples, const ExitCodes& codes) {
  std::string text = examples + "\n\nExit codes:\n  0   " + codes.passed + "\n";
  if (!codes.failed.empty()) text += "  1   " + codes.failed + "\n";
  text +=
      "  2   " + codes.usage + "\n  3   mlacheck itself failed, or its report could not be written";
  if (codes.skips) text += "\n  77  nothing could run here";
  if (codes.interruptible) {
    text += "\n  130, 143  interrupted by SIGINT or SIGTERM: the report says so";
  }
  return text;
}

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& help) {
  CLI::App& command = *app.add_subcommand(name, description);
  command.footer(help);
  return command;
}

void add_selection(CLI::App& command, Selection& selection) {
  add_repeatable(command, "--backend", "BACKEND", selection.backends, "Only this backend");
  add_repeatable(command, "--variant", "VARIANT", selection.variants, "Only this variant");
  add_repeatable(command, "--without", "VARIANT", selection.without, "Not this variant");
  add_text(command, "--where", "TERMS", selection.where,
           "Only this part of the contract, such as 'D=64,128 dtype=bf16 out.layout=dense'");
}

CLI::Option* add_fresh_seed(CLI::App& command, std::uint64_t& seed) {
  std::random_device device;
  seed = (std::uint64_t{device()} << 16) ^ device();
  return add_seed(command, seed, "Seed of the drawn cases (default: a fresh one)");
}

CLI::Option* add_cases_file(CLI::App& command, std::string& path, const std::string& role) {
  return add_text(command, "--cases-file", "FILE", path,
                  role +
                      ": a file of cases of one op, one a line; '#' begins a comment, and lists "
                      "such as dtype={f32,bf16} multiply");
}

CLI::Option* add_jobs(CLI::App& command, unsigned& jobs, const std::string& description) {
  jobs = std::clamp(std::thread::hardware_concurrency(), 1U, 256U);
  return add_whole(command, "--jobs", jobs, 1U, 256U, description);
}

}  // namespace mlacheck
