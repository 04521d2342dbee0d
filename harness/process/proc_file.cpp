#include "harness/process/proc_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mlacheck {

std::string rest_of(int descriptor) {
  std::string text;
  std::array<char, 4096> piece;
  while (true) {
    const ssize_t count = read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

std::string proc_file(const std::string& process, const char* name) {
  const int descriptor = open(("/proc/" + process + "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  std::string text = rest_of(descriptor);
  close(descriptor);
  return text;
}

}  // namespace mlacheck
