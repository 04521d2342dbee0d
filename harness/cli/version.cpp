#include "harness/cli/version.hpp"

#include "harness/backends/backend.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

std::string& remembered() {
  static std::string line;
  return line;
}

}  // namespace

std::string version_text() {
  const BuildFacts facts = build_facts();
  std::string backends;
  for (const auto& backend : make_backends()) {
    backends += (backends.empty() ? "" : " ") + backend->name();
  }
  return "mlacheck " + facts.version + "\ncommit     " + facts.commit + "\ncompiler   " +
         facts.compiler + "\nbuild      " + facts.build + "\nsanitizer  " + facts.sanitizer +
         "\nbackends   " + backends + "\n";
}

void set_command_line(int argc, const char* const* argv) {
  std::string& line = remembered();
  line.clear();
  for (int i = 0; i < argc; ++i) line += (i == 0 ? "" : " ") + printable(shell_quoted(argv[i]));
}

const std::string& command_line() { return remembered(); }

}  // namespace mlacheck
