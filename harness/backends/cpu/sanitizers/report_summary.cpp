// From the text of sanitizer reports to one line each.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/backends/cpu/sanitizers/report_capture.hpp"
#include "harness/backends/cpu/sanitizers/source_path.hpp"

namespace mlacheck::cpu {
namespace {

struct Tool {
  std::string_view mark;
  std::string_view name;
};
constexpr std::array<Tool, 3> kTools{{{"ERROR: AddressSanitizer: ", "asan"},
                                      {"WARNING: MemorySanitizer: ", "msan"},
                                      {"WARNING: ThreadSanitizer: ", "tsan"}}};
constexpr std::string_view kUbsanMark = ": runtime error: ";

// "#0 0x55d0 in void K::kernel(...) kernels/k/k.kernel.h:12:5" is a frame of a kernel unless
// it belongs to the tool, the executor or the dialect.
bool is_kernel_frame(const std::string& line) {
  if (line.find(':') == std::string::npos) return false;
  constexpr std::array<std::string_view, 5> kElsewhere{"/usr/", "compiler-rt", "harness/backends/",
                                                       "harness/device/", "interception"};
  return std::none_of(kElsewhere.begin(), kElsewhere.end(),
                      [&](std::string_view part) { return line.find(part) != std::string::npos; });
}

// A frame without its number and address, and without the "(module+0x1) (BuildId: ...)" behind it.
std::string place_of(const std::string& frame) {
  std::string place = frame;
  if (const auto in = frame.find(" in "); in != std::string::npos) {
    place = frame.substr(in + 4);
  } else if (const auto space = frame.find(' ', frame.find('#')); space != std::string::npos) {
    place = frame.substr(space + 1);  // TSan prints no address
  }
  place = place.substr(0, place.find(" (BuildId:"));
  const auto module = place.rfind(" (");
  if (module != std::string::npos && module != 0 && place.back() == ')' &&
      place.find("+0x", module) != std::string::npos) {
    place = place.substr(0, module);
  }
  const auto path = place.rfind(' ') + 1;  // 0 when there is no space
  return place.substr(0, path) + source_path(place.substr(path));
}

std::string trim(const std::string& line) {
  const auto first = line.find_first_not_of(" \t=");
  const auto last = line.find_last_not_of(" \t:");
  return first == std::string::npos ? std::string() : line.substr(first, last - first + 1);
}

struct ThreadName {
  std::string id;    // "thread T7", as TSan's accesses name it
  std::string name;  // "thread (2,0,0) of block (0,0,0)", as the executor does
};

// From "Thread T7 'thread (2,0,0) of block (0,0,0)' (tid=0, running) created by ...".
std::optional<ThreadName> thread_name_of(const std::string& text) {
  const auto open = text.find(" '");
  const auto close = text.find('\'', open + 2);
  if (text.rfind("Thread T", 0) != 0 || open == std::string::npos || close == std::string::npos) {
    return std::nullopt;
  }
  return ThreadName{"t" + text.substr(1, open - 1), text.substr(open + 2, close - open - 2)};
}

// A full match only: T7 is no part of T77.
void replace_id(std::string& text, const ThreadName& thread) {
  for (auto at = text.find(thread.id); at != std::string::npos; at = text.find(thread.id, at)) {
    const auto end = at + thread.id.size();
    if (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) {
      at = end;
      continue;
    }
    text.replace(at, thread.id.size(), thread.name);
    at += thread.name.size();
  }
}

// Everything that one report says, line by line.
std::string summarize(const std::string& context, const std::vector<std::string>& lines) {
  std::string head;
  std::string body;
  bool wants_place = false;
  std::string fallback;
  std::vector<ThreadName> names;  // they come after the accesses
  const auto finish_stack = [&] {
    if (wants_place && !fallback.empty()) body += " at " + fallback;
    wants_place = false;
    fallback.clear();
  };
  for (const std::string& line : lines) {
    if (const auto at = line.find(kUbsanMark); at != std::string::npos) {
      return "ubsan: " + line.substr(at + kUbsanMark.size()) + " at " +
             source_path(line.substr(0, at)) + " (" + context + ")";
    }
    for (const Tool& tool : kTools) {
      const auto at = line.find(tool.mark);
      if (at == std::string::npos) continue;
      const std::string rest = line.substr(at + tool.mark.size());
      // "heap-buffer-overflow on address ..." and "data race (pid=1)": keep the kind.
      const auto end = std::min({rest.find(" on "), rest.find(" (pid"), rest.size()});
      head = std::string(tool.name) + ": " + rest.substr(0, end);
      wants_place = tool.name == "msan";
    }
    const std::string text = trim(line);
    const bool access = text.find("READ of size") == 0 || text.find("WRITE of size") == 0 ||
                        text.find("Read of size") == 0 || text.find("Write of size") == 0 ||
                        text.find("Atomic ") == 0 || text.find("Previous ") == 0;
    if (access) {
      finish_stack();
      body += ": " + text;
      wants_place = true;
    } else if (text.rfind('#', 0) == 0) {
      if (!wants_place) continue;
      if (fallback.empty()) fallback = place_of(text);
      if (is_kernel_frame(text)) {
        body += " at " + place_of(text);
        wants_place = false;
        fallback.clear();
      }
    } else if (text.empty()) {
      finish_stack();
    } else if (text.find("is located") != std::string::npos) {
      body += ": " + text;
    } else if (std::optional<ThreadName> name = thread_name_of(text)) {
      names.push_back(std::move(*name));
    }
  }
  finish_stack();
  for (const ThreadName& name : names) replace_id(body, name);
  return head + body + " (" + context + ")";
}

}  // namespace

std::vector<std::string> summarize_reports(const std::string& text) {
  std::vector<std::string> reports;
  std::vector<std::string> lines;
  std::string context;
  const auto finish = [&] {
    if (!context.empty() && !lines.empty()) reports.push_back(summarize(context, lines));
    lines.clear();
  };
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind('@', 0) == 0) {
      finish();
      context = line.substr(1);
    } else {
      lines.push_back(line);
    }
  }
  finish();
  return reports;
}

}  // namespace mlacheck::cpu
