#include "harness/backends/cpu/memory/page_files.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>

namespace mlacheck::cpu {
namespace {

struct PageFile {
  int descriptor;
  std::size_t bytes;
};

std::mutex files_mutex;

// By the start of the memory. With the mutex.
std::map<const std::byte*, PageFile>& files() {
  static std::map<const std::byte*, PageFile> all;
  return all;
}

}  // namespace

void back_by_file(std::byte* memory, std::size_t bytes) {
  const int descriptor = memfd_create("mlacheck", MFD_CLOEXEC);
  if (descriptor < 0) return;
  if (ftruncate(descriptor, static_cast<off_t>(bytes)) != 0 ||
      mmap(memory, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED,
           descriptor, 0) == MAP_FAILED) {
    close(descriptor);
    return;
  }
  const std::lock_guard<std::mutex> lock(files_mutex);
  files()[memory] = {descriptor, bytes};
}

void forget_file(const std::byte* first, std::size_t bytes) {
  const std::lock_guard<std::mutex> lock(files_mutex);
  const auto file = files().lower_bound(first);
  if (file == files().end() || file->first >= first + bytes) return;
  close(file->second.descriptor);
  files().erase(file);
}

std::optional<std::vector<Range>> touched_pages(const std::byte* memory) {
  const std::lock_guard<std::mutex> lock(files_mutex);
  const auto file = files().find(memory);
  if (file == files().end()) return std::nullopt;
  const auto [descriptor, bytes] = file->second;
  std::vector<Range> ranges;
  off_t at = 0;
  while (static_cast<std::size_t>(at) < bytes) {
    const off_t data = lseek(descriptor, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // none behind
    if (data < 0) return std::nullopt;
    at = lseek(descriptor, data, SEEK_HOLE);
    if (at < 0) return std::nullopt;
    ranges.push_back({static_cast<std::size_t>(data), static_cast<std::size_t>(at - data)});
  }
  return ranges;
}

}  // namespace mlacheck::cpu
