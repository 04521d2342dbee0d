#include "harness/backends/cuda/virtual_memory.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "harness/backends/cuda/driver.hpp"

namespace mlacheck::cuda {
namespace {

AllocationProperties device_memory() {
  AllocationProperties properties{};
  properties.type = kAllocationPinned;
  properties.location = {kLocationDevice, 0};
  return properties;
}

std::size_t granule_bytes() {
  static const std::size_t kBytes = [] {
    std::size_t bytes = 0;
    const AllocationProperties properties = device_memory();
    const Result asked = driver().granularity(&bytes, &properties, kGranularityMinimum);
    return asked == kSuccess ? bytes : std::size_t{0};
  }();
  return kBytes;
}

// Memory that lies at many addresses of a range.
struct Repeated {
  AllocationHandle handle = 0;
  std::size_t bytes = 0;
  std::vector<Address> addresses;
};

// A reserved range, and the granules of it that have memory.
struct Mapping {
  Address base = 0;
  std::size_t bytes = 0;
  std::vector<std::pair<Address, AllocationHandle>> granules;
  std::vector<Repeated> repeated;
  std::optional<std::pair<std::size_t, Side>> guard;  // granules before or behind the guard
};

std::map<std::byte*, Mapping>& mappings() {
  static std::map<std::byte*, Mapping> all;
  return all;
}

// Memory that no address has now. Making a granule is the slow part of mapping it.
std::vector<AllocationHandle>& spare_granules() {
  static std::vector<AllocationHandle> all;
  return all;
}

bool take_granule(AllocationHandle& handle) {
  std::vector<AllocationHandle>& spare = spare_granules();
  if (spare.empty()) {
    const AllocationProperties properties = device_memory();
    return driver().create(&handle, granule_bytes(), &properties, 0) == kSuccess;
  }
  handle = spare.back();
  spare.pop_back();
  return true;
}

void give_back(const Mapping& mapping) {
  constexpr std::size_t kSpare = 256;
  for (const auto& [address, handle] : mapping.granules) {
    driver().unmap(address, granule_bytes());
    if (spare_granules().size() < kSpare) {
      spare_granules().push_back(handle);
    } else {
      driver().release(handle);
    }
  }
  for (const Repeated& memory : mapping.repeated) {
    for (const Address address : memory.addresses) driver().unmap(address, memory.bytes);
    driver().release(memory.handle);
  }
  driver().release_addresses(mapping.base, mapping.bytes);
}

// Reserves `granules` granules and gives memory to those of `wanted`.
bool reserve(std::size_t granules, const std::set<std::size_t>& wanted, Mapping& mapping) {
  const std::size_t granule = granule_bytes();
  mapping.bytes = granules * granule;
  if (driver().reserve(&mapping.base, mapping.bytes, 0, 0, 0) != kSuccess) return false;
  const Access access{{kLocationDevice, 0}, kAccessReadWrite};
  for (const std::size_t index : wanted) {
    const Address address = mapping.base + index * granule;
    AllocationHandle handle{};
    if (!take_granule(handle)) return false;
    if (driver().map(address, granule, 0, handle, 0) != kSuccess) {
      driver().release(handle);
      return false;
    }
    mapping.granules.emplace_back(address, handle);
    if (driver().set_access(address, granule, &access, 1) != kSuccess) return false;
  }
  return true;
}

// Guarded ranges that are free, still mapped, by their granules and the side of the guard. All that
// tells one from another is where in it a buffer starts.
using GuardedKind = std::pair<std::size_t, Side>;
std::multimap<GuardedKind, Mapping>& free_guarded() {
  static std::multimap<GuardedKind, Mapping> all;
  return all;
}

// Every granule of the range that `own` does not name, as one memory many times over: large pieces
// where there is room, since each takes a call of the driver.
bool fill_rest(const std::set<std::size_t>& own, Mapping& mapping) {
  constexpr std::size_t kLargeGranules = 32;
  const std::size_t granule = granule_bytes();
  const std::size_t granules = mapping.bytes / granule;
  for (const std::size_t count : {kLargeGranules, std::size_t{1}}) {
    const AllocationProperties properties = device_memory();
    Repeated memory;
    memory.bytes = count * granule;
    if (driver().create(&memory.handle, memory.bytes, &properties, 0) != kSuccess) return false;
    mapping.repeated.push_back(std::move(memory));
  }
  const auto repeat = [&](Repeated& memory, std::size_t index) {
    const Address address = mapping.base + index * granule;
    if (driver().map(address, memory.bytes, 0, memory.handle, 0) != kSuccess) return false;
    memory.addresses.push_back(address);
    return true;
  };
  for (std::size_t index = 0; index < granules;) {
    const auto next = own.lower_bound(index);
    const std::size_t end = next == own.end() ? granules : *next;
    const bool large = end - index >= kLargeGranules;
    if (index < end && !repeat(mapping.repeated[large ? 0 : 1], index)) return false;
    index += index == end || !large ? 1 : kLargeGranules;
  }
  const Access access{{kLocationDevice, 0}, kAccessReadWrite};
  return driver().set_access(mapping.base, mapping.bytes, &access, 1) == kSuccess;
}

// The driver's addresses are numbers.
std::byte* pointer(Address address) {
  return reinterpret_cast<std::byte*>(address);  // NOLINT(performance-no-int-to-ptr)
}

bool usable() { return driver().missing.empty() && granule_bytes() > 0; }

}  // namespace

std::byte* allocate_guarded(std::size_t bytes, Side side) {
  if (!usable()) return nullptr;
  const std::size_t granule = granule_bytes();
  const std::size_t body = (std::max<std::size_t>(bytes, 1) + granule - 1) / granule;
  // The unmapped granule is part of the reservation, so that these addresses are given to no other
  // allocation.
  const std::size_t first = side == Side::end ? 0 : 1;
  Mapping mapping;
  const auto kept = free_guarded().find({body, side});
  if (kept != free_guarded().end()) {
    mapping = std::move(kept->second);
    free_guarded().erase(kept);
  } else {
    std::set<std::size_t> wanted;
    for (std::size_t i = 0; i < body; ++i) wanted.insert(first + i);
    if (!reserve(body + 1, wanted, mapping)) {
      if (mapping.base != 0) give_back(mapping);
      return nullptr;
    }
    mapping.guard = {body, side};
  }
  const Address start = mapping.base + first * granule;
  std::byte* const memory = pointer(side == Side::end ? start + body * granule - bytes : start);
  mappings()[memory] = std::move(mapping);
  return memory;
}

namespace {

std::set<std::size_t> granules_of(const std::vector<Range>& ranges) {
  const std::size_t granule = granule_bytes();
  std::set<std::size_t> granules;
  for (const Range& range : ranges) {
    if (range.length == 0) continue;
    for (std::size_t i = range.offset / granule; i <= (range.offset + range.length - 1) / granule;
         ++i) {
      granules.insert(i);
    }
  }
  return granules;
}

std::byte* allocate(std::size_t bytes, const std::vector<Range>& touched, bool whole) {
  if (!usable()) return nullptr;
  const std::size_t granule = granule_bytes();
  const std::set<std::size_t> own = granules_of(touched);
  Mapping mapping;
  if (!reserve((bytes + granule - 1) / granule, own, mapping) ||
      (whole && !fill_rest(own, mapping))) {
    if (mapping.base != 0) give_back(mapping);
    return nullptr;
  }
  std::byte* const memory = pointer(mapping.base);
  mappings()[memory] = std::move(mapping);
  return memory;
}

}  // namespace

std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched) {
  return allocate(bytes, touched, false);
}

std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched) {
  return allocate(bytes, touched, true);
}

void free_mapped(std::byte* memory) {
  const auto found = mappings().find(memory);
  if (found == mappings().end()) return;
  constexpr std::size_t kKept = 64;
  Mapping& mapping = found->second;
  if (mapping.guard && free_guarded().size() < kKept) {
    const GuardedKind kind = *mapping.guard;
    free_guarded().emplace(kind, std::move(mapping));
  } else {
    give_back(mapping);
  }
  mappings().erase(found);
}

}  // namespace mlacheck::cuda
