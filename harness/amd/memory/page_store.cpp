#include "harness/amd/memory/page_store.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mlacheck::amd {

PageStore::PageStore() : descriptor_(memfd_create("interpreted device", MFD_CLOEXEC)) {}

PageStore::~PageStore() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::optional<std::uint64_t> PageStore::take(std::uint64_t bytes) {
  if (descriptor_ < 0) return std::nullopt;
  if (const auto found = free_.find(bytes); found != free_.end()) {
    const std::uint64_t offset = found->second;
    free_.erase(found);
    return offset;
  }
  const std::uint64_t offset = end_;
  if (offset + bytes < offset || ftruncate(descriptor_, static_cast<off_t>(offset + bytes)) != 0) {
    return std::nullopt;
  }
  end_ += bytes;
  return offset;
}

void PageStore::give_back(std::uint64_t offset, std::uint64_t bytes) {
  // The next owner of these pages finds zeros, and the system has the memory back meanwhile.
  const int punched = fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                static_cast<off_t>(offset), static_cast<off_t>(bytes));
  if (punched == 0) free_.emplace(bytes, offset);
}

std::optional<std::vector<ByteRange>> PageStore::touched(std::uint64_t offset,
                                                         std::uint64_t bytes) const {
  std::vector<ByteRange> ranges;
  const std::uint64_t end = offset + bytes;
  while (offset < end) {
    const off_t data = lseek(descriptor_, static_cast<off_t>(offset), SEEK_DATA);
    if (data < 0) {
      if (errno == ENXIO) break;  // nothing behind
      return std::nullopt;
    }
    const auto begin = static_cast<std::uint64_t>(data);
    if (begin >= end) break;
    const off_t hole = lseek(descriptor_, data, SEEK_HOLE);
    if (hole < 0) return std::nullopt;
    offset = std::min(static_cast<std::uint64_t>(hole), end);
    ranges.push_back({begin, offset - begin});
  }
  return ranges;
}

}  // namespace mlacheck::amd
