#include "harness/report/wrap.hpp"

#include <algorithm>

namespace mlacheck {
namespace {

// Where to break a line so that at most `room` columns stay: behind its last blank or, if that
// would leave next to nothing, its last comma. A word without either is cut.
std::size_t break_at(std::string_view line, std::size_t room) {
  const std::size_t blank = line.rfind(' ', room);
  const std::size_t comma = line.rfind(',', room - 1);
  const std::size_t least = room / 3;
  if (blank != std::string_view::npos && blank > least) return blank + 1;
  if (comma != std::string_view::npos && comma > least) return comma + 1;
  // Not in the middle of a character.
  std::size_t at = room;
  while (at > 1 && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

void append_line(std::string& to, std::string_view line, const std::string& indent) {
  // Continuations stand two columns behind the line's own indent.
  std::size_t own = line.find_first_not_of(' ');
  if (own == std::string_view::npos) own = 0;
  const std::string further = indent + std::string(own + 2, ' ');
  std::string lead = indent;
  while (lead.size() + line.size() > kColumnsOfReport && lead.size() + 8 < kColumnsOfReport) {
    const std::size_t at = break_at(line, kColumnsOfReport - lead.size());
    std::string_view head = line.substr(0, at);
    while (!head.empty() && head.back() == ' ') head.remove_suffix(1);
    to.append(lead).append(head).append(1, '\n');
    line.remove_prefix(at);
    lead = further;
  }
  to.append(lead).append(line).append(1, '\n');
}

}  // namespace

std::string wrapped(std::string_view text, const std::string& indent) {
  std::string result;
  while (true) {
    const std::size_t end = text.find('\n');
    append_line(result, text.substr(0, end), indent);
    if (end == std::string_view::npos) return result;
    text.remove_prefix(end + 1);
    if (text.empty()) return result;
  }
}

std::string labelled(const std::string& label, std::string_view text) {
  std::string result = wrapped(text, std::string(label.size(), ' '));
  return result.replace(0, label.size(), label);
}

}  // namespace mlacheck
