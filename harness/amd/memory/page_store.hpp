// Physical memory of the interpreted device, to be mapped at addresses of the caller's choice.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "harness/amd/memory/byte_range.hpp"

namespace mlacheck::amd {

/// One file in memory, of which pieces are given out: a piece for each handle, but one descriptor.
class PageStore {
 public:
  PageStore();
  PageStore(const PageStore&) = delete;
  PageStore& operator=(const PageStore&) = delete;
  ~PageStore();

  /// Offset of a piece of `bytes` bytes, all 0, which is a multiple of the page size; nothing when
  /// the system has no memory files or there is no room.
  std::optional<std::uint64_t> take(std::uint64_t bytes);
  void give_back(std::uint64_t offset, std::uint64_t bytes);
  int descriptor() const { return descriptor_; }

  /// Of `bytes` bytes from `offset` on, those in pages that somebody wrote or read, ascending. Offsets
  /// count from the start of the store. Nothing where the system cannot tell.
  std::optional<std::vector<ByteRange>> touched(std::uint64_t offset, std::uint64_t bytes) const;

 private:
  int descriptor_ = -1;
  std::uint64_t end_ = 0;                             // of what was ever given out
  std::multimap<std::uint64_t, std::uint64_t> free_;  // offsets by size
};

}  // namespace mlacheck::amd
