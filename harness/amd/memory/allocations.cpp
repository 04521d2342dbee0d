#include "harness/amd/memory/allocations.hpp"

#include <iterator>
#include <sstream>
#include <stdexcept>

namespace mlacheck::amd {
namespace {

[[noreturn]] void refuse(const char* what, std::uint64_t begin, const char* expected) {
  std::ostringstream text;
  text << what << " at 0x" << std::hex << begin << ": expected " << expected;
  throw std::invalid_argument(text.str());
}

}  // namespace

void Allocations::add(std::uint64_t begin, std::uint64_t bytes) {
  if (bytes == 0 || begin + bytes < begin) {
    refuse("range", begin, "a length of at least one byte that does not wrap around");
  }
  const auto next = ranges_.lower_bound(begin);
  const bool into_next = next != ranges_.end() && next->first < begin + bytes;
  const bool into_previous = next != ranges_.begin() && std::prev(next)->second.end > begin;
  if (into_next || into_previous) refuse("range", begin, "none that overlaps a live one");
  ranges_.emplace_hint(next, begin, Range{begin, begin + bytes});
}

void Allocations::remove(std::uint64_t begin) {
  if (ranges_.erase(begin) == 0) refuse("release", begin, "the begin of a live range");
  last_ = nullptr;
}

const Allocations::Range* Allocations::look_up(std::uint64_t address) const {
  const auto next = ranges_.upper_bound(address);
  if (next == ranges_.begin()) return nullptr;
  const Range& range = std::prev(next)->second;
  if (address >= range.end) return nullptr;
  last_ = &range;
  return last_;
}

bool Allocations::continues(const Range& range, std::uint64_t address, std::uint64_t bytes) const {
  const std::uint64_t end = address + bytes;
  if (end < address) return false;
  auto reached = ranges_.find(range.begin);
  while (reached->second.end < end) {
    const auto next = std::next(reached);
    if (next == ranges_.end() || next->first != reached->second.end) return false;
    reached = next;
  }
  return true;
}

Allocations::Neighbours Allocations::neighbours(std::uint64_t address) const {
  Neighbours found;
  const auto next = ranges_.upper_bound(address);
  if (next != ranges_.end()) found.above = next->second;
  if (next != ranges_.begin()) found.below = std::prev(next)->second;
  return found;
}

}  // namespace mlacheck::amd
