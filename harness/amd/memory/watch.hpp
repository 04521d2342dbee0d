// Counts of accesses to the elements of an array, for whoever asks which of them a kernel writes.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace mlacheck::amd {

/// An array that is watched. The counters are the caller's, one for each element, and are only added to.
struct WatchedRange {
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
  std::uint32_t element_bytes = 4;
  std::uint32_t* stores = nullptr;           ///< stores that touched the element
  std::uint32_t* last_wave = nullptr;        ///< that stored last: block * waves of a block + wave
  std::uint32_t* unwritten_loads = nullptr;  ///< loads of the element before its first store
};

class Watch {
 public:
  explicit Watch(std::vector<WatchedRange> ranges) : ranges_(std::move(ranges)) {}
  bool empty() const { return ranges_.empty(); }

  void stored(std::uint64_t address, std::uint64_t bytes, std::uint32_t wave) {
    each(address, bytes, [wave](const WatchedRange& range, std::uint64_t element) {
      ++range.stores[element];
      range.last_wave[element] = wave;
    });
  }
  void loaded(std::uint64_t address, std::uint64_t bytes) {
    each(address, bytes, [](const WatchedRange& range, std::uint64_t element) {
      if (range.stores[element] == 0) ++range.unwritten_loads[element];
    });
  }

 private:
  template <class Function>
  void each(std::uint64_t address, std::uint64_t bytes, Function&& function) const {
    for (const WatchedRange& range : ranges_) {
      if (address + bytes <= range.begin || address >= range.begin + range.bytes) continue;
      const std::uint64_t from = address < range.begin ? 0 : address - range.begin;
      const std::uint64_t past = address + bytes - range.begin;
      const std::uint64_t end = past < range.bytes ? past : range.bytes;
      for (std::uint64_t e = from / range.element_bytes; e * range.element_bytes < end; ++e)
        function(range, e);
    }
  }

  std::vector<WatchedRange> ranges_;
};

}  // namespace mlacheck::amd
