// Addresses that are reserved, physical memory, and the mapping of one to the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "harness/amd/memory/allocations.hpp"
#include "harness/amd/memory/byte_range.hpp"
#include "harness/amd/memory/page_store.hpp"

namespace mlacheck::amd {

class VirtualMemory {
 public:
  enum class Result { success, invalid, no_memory };

  /// Sizes and addresses are multiples of it, bytes. That of AMD's large pages.
  static constexpr std::uint64_t kGranule = std::uint64_t{2} << 20;

  /// Mapped ranges with access are entered in `allocations`, which must outlive this.
  explicit VirtualMemory(Allocations& allocations) : allocations_(&allocations) {}
  VirtualMemory(const VirtualMemory&) = delete;
  VirtualMemory& operator=(const VirtualMemory&) = delete;
  ~VirtualMemory();

  Result reserve(std::uint64_t bytes, std::uint64_t alignment, std::uint64_t& address);
  /// Nothing may be mapped there any more.
  Result release_addresses(std::uint64_t address, std::uint64_t bytes);

  using Handle = std::uint64_t;  // 0 is none
  Result create(std::uint64_t bytes, Handle& handle);
  /// The memory stays for as long as it is mapped anywhere.
  Result release(Handle handle);

  /// Maps part of the memory; nobody may access it before set_access().
  Result map(std::uint64_t address, std::uint64_t bytes, std::uint64_t offset, Handle handle);
  /// The range must consist of whole mappings.
  Result unmap(std::uint64_t address, std::uint64_t bytes);
  Result set_access(std::uint64_t address, std::uint64_t bytes, bool accessible);

  /// Of the range, which must consist of whole mappings, what lies in pages that somebody wrote or read,
  /// by kernels or copies; ascending, offsets from `address` on. Nothing where that cannot be told.
  std::optional<std::vector<ByteRange>> touched(std::uint64_t address, std::uint64_t bytes);

 private:
  struct Memory {
    std::uint64_t offset = 0;  // in the store
    std::uint64_t bytes = 0;
    std::uint64_t uses = 1;  // mappings, and the handle itself until it is released
    bool released = false;
  };
  struct Mapping {
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;  // in the store
    Handle handle = 0;
    bool accessible = false;
  };
  using Mappings = std::map<std::uint64_t, Mapping>;  // by address

  bool reserved(std::uint64_t address, std::uint64_t bytes) const;
  // The mappings that make up the range; none where part of it is in no mapping or in a larger one.
  bool whole_mappings(std::uint64_t address, std::uint64_t bytes, Mappings::iterator& first,
                      Mappings::iterator& last);
  void drop(Handle handle);

  Allocations* allocations_;
  PageStore store_;
  std::map<std::uint64_t, std::uint64_t> reservations_;  // bytes by address
  Mappings mappings_;
  std::map<Handle, Memory> memories_;
  Handle next_ = 1;
};

}  // namespace mlacheck::amd
