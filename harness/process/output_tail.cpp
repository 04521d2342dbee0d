#include "harness/process/output_tail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

constexpr std::size_t kPart = std::size_t{1} << 16;
constexpr std::size_t kKept = std::size_t{1} << 14;
constexpr std::size_t kLongestLine = 200;

}  // namespace

OutputTail::~OutputTail() {
  if (pipe_ >= 0) close(pipe_);
}

int OutputTail::open() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  pipe_ = ends[0];
  fcntl(pipe_, F_SETFL, O_NONBLOCK);
  return ends[1];
}

bool OutputTail::take() {
  if (pipe_ < 0) return false;
  std::array<char, kPart> part{};
  const ssize_t got = read(pipe_, part.data(), part.size());
  if (got < 0) return errno == EINTR;
  if (got == 0) {  // no process holds the other end open
    close(pipe_);
    pipe_ = -1;
    return false;
  }
  text_.append(part.data(), static_cast<std::size_t>(got));
  if (text_.size() > 2 * kKept) text_.erase(0, text_.size() - kKept);
  return true;
}

void OutputTail::take_all() {
  constexpr int kParts = 16;  // more than a pipe holds
  for (int i = 0; i < kParts && take(); ++i) {
  }
}

std::string OutputTail::last(int lines) const {
  std::size_t end = text_.size();
  while (end > 0 && text_[end - 1] == '\n') --end;
  std::size_t start = end;
  for (int line = 0; line < lines && start > 0; ++line) {
    const std::size_t newline = text_.rfind('\n', start - 1);
    if (newline == std::string::npos) {
      start = 0;
      break;
    }
    start = newline;
  }
  if (start < end && text_[start] == '\n') ++start;
  std::istringstream stream(text_.substr(start, end - start));
  std::string result;
  for (std::string line; std::getline(stream, line);) {
    if (!result.empty()) result += '\n';
    result += printable(line.substr(0, kLongestLine));
    if (line.size() > kLongestLine) result += "...";
  }
  return result;
}

}  // namespace mlacheck
