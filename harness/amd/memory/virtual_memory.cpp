#include "harness/amd/memory/virtual_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <iterator>

namespace mlacheck::amd {
namespace {

void* pointer(std::uint64_t address) {
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

bool is_granular(std::uint64_t bytes) { return bytes > 0 && bytes % VirtualMemory::kGranule == 0; }

constexpr int kNobodys = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

}  // namespace

VirtualMemory::~VirtualMemory() {
  for (const auto& [address, bytes] : reservations_) munmap(pointer(address), bytes);
}

VirtualMemory::Result VirtualMemory::reserve(std::uint64_t bytes, std::uint64_t alignment,
                                             std::uint64_t& address) {
  const std::uint64_t aligned = std::max(alignment, kGranule);
  if (!is_granular(bytes) || (aligned & (aligned - 1)) != 0) return Result::invalid;
  const std::uint64_t whole = bytes + aligned;
  if (whole < bytes) return Result::no_memory;
  void* const memory = mmap(nullptr, whole, PROT_NONE, kNobodys, -1, 0);
  if (memory == MAP_FAILED) return Result::no_memory;
  const auto begin = reinterpret_cast<std::uint64_t>(memory);
  address = (begin + aligned - 1) / aligned * aligned;
  if (address > begin) munmap(memory, address - begin);
  const std::uint64_t rest = begin + whole - (address + bytes);
  if (rest > 0) munmap(pointer(address + bytes), rest);
  reservations_[address] = bytes;
  return Result::success;
}

VirtualMemory::Result VirtualMemory::release_addresses(std::uint64_t address, std::uint64_t bytes) {
  const auto found = reservations_.find(address);
  if (found == reservations_.end() || found->second != bytes) return Result::invalid;
  const auto next = mappings_.lower_bound(address);
  if (next != mappings_.end() && next->first < address + bytes) return Result::invalid;
  munmap(pointer(address), bytes);
  reservations_.erase(found);
  return Result::success;
}

VirtualMemory::Result VirtualMemory::create(std::uint64_t bytes, Handle& handle) {
  if (!is_granular(bytes)) return Result::invalid;
  const auto offset = store_.take(bytes);
  if (!offset) return Result::no_memory;
  handle = next_++;
  memories_[handle] = {*offset, bytes, 1, false};
  return Result::success;
}

VirtualMemory::Result VirtualMemory::release(Handle handle) {
  const auto found = memories_.find(handle);
  if (found == memories_.end() || found->second.released) return Result::invalid;
  found->second.released = true;
  drop(handle);
  return Result::success;
}

void VirtualMemory::drop(Handle handle) {
  const auto found = memories_.find(handle);
  if (--found->second.uses > 0) return;
  store_.give_back(found->second.offset, found->second.bytes);
  memories_.erase(found);
}

bool VirtualMemory::reserved(std::uint64_t address, std::uint64_t bytes) const {
  const auto next = reservations_.upper_bound(address);
  if (next == reservations_.begin()) return false;
  const auto& [begin, size] = *std::prev(next);
  return address - begin <= size && bytes <= size - (address - begin);
}

VirtualMemory::Result VirtualMemory::map(std::uint64_t address, std::uint64_t bytes,
                                         std::uint64_t offset, Handle handle) {
  const auto memory = memories_.find(handle);
  if (memory == memories_.end() || memory->second.released || !is_granular(bytes) ||
      address % kGranule != 0 || offset % kGranule != 0 || offset > memory->second.bytes ||
      bytes > memory->second.bytes - offset || !reserved(address, bytes)) {
    return Result::invalid;
  }
  const auto next = mappings_.lower_bound(address);
  if (next != mappings_.end() && next->first < address + bytes) return Result::invalid;
  if (next != mappings_.begin()) {
    const auto& [begin, before] = *std::prev(next);
    if (begin + before.bytes > address) return Result::invalid;
  }
  if (mmap(pointer(address), bytes, PROT_NONE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE,
           store_.descriptor(), static_cast<off_t>(memory->second.offset + offset)) == MAP_FAILED) {
    return Result::no_memory;
  }
  mappings_[address] = {bytes, memory->second.offset + offset, handle, false};
  ++memory->second.uses;
  return Result::success;
}

bool VirtualMemory::whole_mappings(std::uint64_t address, std::uint64_t bytes,
                                   Mappings::iterator& first, Mappings::iterator& last) {
  first = mappings_.find(address);
  if (first == mappings_.end() || bytes == 0) return false;
  std::uint64_t reached = address;
  last = first;
  while (last != mappings_.end() && last->first == reached && reached < address + bytes) {
    reached += last->second.bytes;
    ++last;
  }
  return reached == address + bytes;
}

VirtualMemory::Result VirtualMemory::unmap(std::uint64_t address, std::uint64_t bytes) {
  Mappings::iterator first;
  Mappings::iterator last;
  if (!whole_mappings(address, bytes, first, last)) return Result::invalid;
  if (mmap(pointer(address), bytes, PROT_NONE, kNobodys | MAP_FIXED, -1, 0) == MAP_FAILED) {
    return Result::no_memory;
  }
  for (auto mapping = first; mapping != last; ++mapping) {
    if (mapping->second.accessible) allocations_->remove(mapping->first);
    drop(mapping->second.handle);
  }
  mappings_.erase(first, last);
  return Result::success;
}

VirtualMemory::Result VirtualMemory::set_access(std::uint64_t address, std::uint64_t bytes,
                                                bool accessible) {
  Mappings::iterator first;
  Mappings::iterator last;
  if (!whole_mappings(address, bytes, first, last)) return Result::invalid;
  if (mprotect(pointer(address), bytes, accessible ? PROT_READ | PROT_WRITE : PROT_NONE) != 0) {
    return Result::no_memory;
  }
  for (auto mapping = first; mapping != last; ++mapping) {
    if (mapping->second.accessible == accessible) continue;
    mapping->second.accessible = accessible;
    if (accessible) {
      allocations_->add(mapping->first, mapping->second.bytes);
    } else {
      allocations_->remove(mapping->first);
    }
  }
  return Result::success;
}

std::optional<std::vector<ByteRange>> VirtualMemory::touched(std::uint64_t address,
                                                             std::uint64_t bytes) {
  Mappings::iterator first;
  Mappings::iterator last;
  if (!whole_mappings(address, bytes, first, last)) return std::nullopt;
  std::vector<ByteRange> all;
  for (auto mapping = first; mapping != last; ++mapping) {
    const auto& [begin, mapped] = *mapping;
    const auto ranges = store_.touched(mapped.offset, mapped.bytes);
    if (!ranges) return std::nullopt;
    for (const ByteRange& range : *ranges) {
      all.push_back({begin - address + (range.offset - mapped.offset), range.bytes});
    }
  }
  return all;
}

}  // namespace mlacheck::amd
