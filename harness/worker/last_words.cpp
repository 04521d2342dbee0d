#include "harness/worker/last_words.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "harness/checks/findings_so_far.hpp"
#include "harness/worker/protocol.hpp"

namespace mlacheck {
namespace {

// A library may have many findings. The first ones are kept.
void note(const CaseResult& so_far) {
  CaseResult noted;
  noted.checks = so_far.checks;
  noted.evidence.findings = so_far.evidence.findings;
  while (!note_result(text_of(noted)) && !noted.evidence.findings.empty()) {
    noted.evidence.findings.pop_back();
  }
}

// `  File "/x/mine.py", line 12 in gather`.
struct Frame {
  std::string folder;  // the last one of the path
  std::string file;
  std::string rest;  // "12 in gather"
};

bool read_frame(std::string_view line, Frame& frame) {
  constexpr std::string_view kBegin = "  File \"";
  constexpr std::string_view kNumber = "\", line ";
  const std::size_t number = line.find(kNumber);
  if (!line.starts_with(kBegin) || number == std::string_view::npos) return false;
  const std::string_view path = line.substr(kBegin.size(), number - kBegin.size());
  const std::size_t slash = path.rfind('/');
  frame.file = std::string(path.substr(slash == std::string_view::npos ? 0 : slash + 1));
  const std::string_view above = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  frame.folder = std::string(above.substr(above.rfind('/') + 1));
  frame.rest = std::string(line.substr(number + kNumber.size()));
  return true;
}

bool is_of_the_bridge(const Frame& frame) {
  return frame.file.starts_with('<') || (frame.folder == "mlacheck" && frame.file.starts_with('_'));
}

}  // namespace

void keep_findings() { set_findings_listener(&note); }

void add_noted_findings(const PostMortem& page, CaseResult& result) {
  const std::size_t length = page.noted;
  if (length == 0 || length > page.result.size()) return;
  try {
    CaseResult noted = case_result_of({page.result.data(), length});
    result.checks = std::move(noted.checks);
    for (Finding& finding : noted.evidence.findings) {
      result.evidence.findings.push_back(std::move(finding));
    }
  } catch (const std::invalid_argument&) {
    return;
  }
}

std::string python_places(std::string_view traceback) {
  constexpr int kMost = 5;
  std::string text;
  int places = 0;
  while (!traceback.empty() && places < kMost) {
    const std::size_t end = traceback.find('\n');
    const std::string_view line = traceback.substr(0, end);
    traceback.remove_prefix(end == std::string_view::npos ? traceback.size() : end + 1);
    Frame frame;
    if (!read_frame(line, frame) || is_of_the_bridge(frame)) continue;
    text += (places++ == 0 ? "" : "; called from ") + frame.file + ":" + frame.rest;
  }
  return text;
}

}  // namespace mlacheck
