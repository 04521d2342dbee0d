#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "harness/cli/commands.hpp"
#include "harness/cli/json_file.hpp"
#include "harness/cli/json_report.hpp"
#include "harness/cli/selection.hpp"
#include "harness/run/render.hpp"

namespace mlacheck {
namespace {

// A line that is rewritten on a terminal, and a line every ten seconds elsewhere.
class ProgressLine {
 public:
  void operator()(const SweepProgress& progress) {
    if (!terminal_ && progress.elapsed_seconds < next_) return;
    next_ = progress.elapsed_seconds + 10;
    std::fprintf(stderr, "%s%6.1f s  %s cases%s", terminal_ ? "\r" : "", progress.elapsed_seconds,
                 compact(progress.cases).c_str(), terminal_ ? "   " : "\n");
    std::fflush(stderr);
    shown_ = true;
  }
  void end() const {
    if (terminal_ && shown_) std::fputs("\r                                \r", stderr);
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  bool shown_ = false;
  double next_ = 10;
};

}  // namespace

int sweep_command(const SweepOptions& options, const std::string& json, bool histogram) {
  JsonFile file(json);
  if (!file.open()) return kExitUsage;
  static_cast<void>(rows_to_run(options, make_backends()));  // refuses what leaves none
  ProgressLine line;
  const SweepResult result =
      sweep(options, [&line](const SweepProgress& progress) { line(progress); });
  line.end();
  std::cout << (histogram ? render_histogram(result) : std::string()) << render(result)
            << std::flush;
  if (file.wanted() && !file.write(json_report(result))) return kExitError;
  return exit_code(result.tally);
}

}  // namespace mlacheck
