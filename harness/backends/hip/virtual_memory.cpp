#include "harness/backends/hip/virtual_memory.hpp"

#include <hip/hip_runtime_api.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "harness/backends/hip/interpreted_blocks.hpp"
#include "harness/backends/hip/interpreted_work.hpp"

namespace mlacheck::hip {
namespace {

std::string& reason() {
  static std::string last;
  return last;
}

// Remembers the first failure of a series; true as long as there is none.
bool done(hipError_t error, const char* what) {
  if (error == hipSuccess) return true;
  reason() = std::string(what) + ": " + hipGetErrorName(error) + ": " + hipGetErrorString(error);
  // Nobody else is to take it for an error of a launch.
  static_cast<void>(hipGetLastError());
  return false;
}

hipMemAllocationProp device_memory() {
  hipMemAllocationProp properties{};
  properties.type = hipMemAllocationTypePinned;
  properties.location.type = hipMemLocationTypeDevice;
  return properties;
}

// Bytes; 0 where the device cannot map memory.
std::size_t granule() {
  static const std::size_t kBytes = [] {
    std::size_t bytes = 0;
    const hipMemAllocationProp properties = device_memory();
    const bool known = done(
        hipMemGetAllocationGranularity(&bytes, &properties, hipMemAllocationGranularityMinimum),
        "hipMemGetAllocationGranularity");
    return known ? bytes : std::size_t{0};
  }();
  return kBytes;
}

// Physical memory, and where it lies. It goes back with the last of its places.
class Physical {
 public:
  static std::shared_ptr<Physical> make(std::size_t bytes) {
    const hipMemAllocationProp properties = device_memory();
    hipMemGenericAllocationHandle_t handle{};
    if (!done(hipMemCreate(&handle, bytes, &properties, 0), "hipMemCreate")) return nullptr;
    return std::make_shared<Physical>(handle, bytes);
  }
  Physical(hipMemGenericAllocationHandle_t handle, std::size_t bytes)
      : handle_(handle), bytes_(bytes) {}
  Physical(const Physical&) = delete;
  Physical& operator=(const Physical&) = delete;
  ~Physical() { done(hipMemRelease(handle_), "hipMemRelease"); }

  hipMemGenericAllocationHandle_t handle() const { return handle_; }
  std::size_t bytes() const { return bytes_; }

 private:
  hipMemGenericAllocationHandle_t handle_;
  std::size_t bytes_;
};

// Reserved addresses, of which some have memory, between `zone` bytes on each side which have none.
class Span {
 public:
  explicit Span(std::size_t granules, std::size_t zone = 0)
      : bytes_(granules * granule()), zone_(zone) {
    void* base = nullptr;
    if (done(hipMemAddressReserve(&base, bytes_ + 2 * zone_, 0, nullptr, 0),
             "hipMemAddressReserve")) {
      base_ = static_cast<std::byte*>(base) + zone_;
    }
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span() {
    for (const auto& [at, memory] : places_) {
      done(hipMemUnmap(base_ + at, memory->bytes()), "hipMemUnmap");
    }
    if (base_ == nullptr) return;
    done(hipMemAddressFree(base_ - zone_, bytes_ + 2 * zone_), "hipMemAddressFree");
  }

  bool reserved() const { return base_ != nullptr; }
  std::byte* base() const { return base_; }
  std::size_t bytes() const { return bytes_; }

  bool place(const std::shared_ptr<Physical>& memory, std::size_t offset) {
    if (memory == nullptr) return false;
    std::byte* const at = base_ + offset;
    if (!done(hipMemMap(at, memory->bytes(), 0, memory->handle(), 0), "hipMemMap")) return false;
    places_.emplace_back(offset, memory);
    hipMemAccessDesc access{};
    access.location.type = hipMemLocationTypeDevice;
    access.flags = hipMemAccessFlagsProtReadWrite;
    return done(hipMemSetAccess(at, memory->bytes(), &access, 1), "hipMemSetAccess");
  }

 private:
  std::size_t bytes_;
  std::size_t zone_;
  std::byte* base_ = nullptr;
  std::vector<std::pair<std::size_t, std::shared_ptr<Physical>>> places_;
};

std::map<std::byte*, std::unique_ptr<Span>>& spans() {
  static auto& all = *new std::map<std::byte*, std::unique_ptr<Span>>;
  return all;
}

std::size_t granules_for(std::size_t bytes) {
  return std::max<std::size_t>((bytes + granule() - 1) / granule(), 1);
}

// Which granules the ranges touch.
std::set<std::size_t> touched_granules(const std::vector<Range>& touched) {
  std::set<std::size_t> wanted;
  for (const Range& range : touched) {
    if (range.length == 0) continue;
    const std::size_t last = (range.offset + range.length - 1) / granule();
    for (std::size_t i = range.offset / granule(); i <= last; ++i) wanted.insert(i);
  }
  return wanted;
}

// One memory again and again in [from, to), in pieces as large as they come: each is a call.
bool repeat(Span& span, const std::vector<std::shared_ptr<Physical>>& pieces, std::size_t from,
            std::size_t to) {
  while (from < to) {
    const auto fitting = std::find_if(pieces.begin(), pieces.end(), [&](const auto& piece) {
      return piece->bytes() <= (to - from) * granule();
    });
    if (!span.place(*fitting, from * granule())) return false;
    from += (*fitting)->bytes() / granule();
  }
  return true;
}

bool fill_gaps(Span& span, const std::set<std::size_t>& wanted) {
  constexpr std::size_t kLarge = 64;
  const std::vector<std::shared_ptr<Physical>> pieces{Physical::make(kLarge * granule()),
                                                      Physical::make(granule())};
  if (pieces[0] == nullptr || pieces[1] == nullptr) return false;
  std::size_t from = 0;
  for (const std::size_t next : wanted) {
    if (!repeat(span, pieces, from, next)) return false;
    from = next + 1;
  }
  return repeat(span, pieces, from, span.bytes() / granule());
}

// Wide enough for an offset of four-byte elements that wraps modulo 2^32: what misses an operand then
// does not meet another one. A device's addresses are scarcer than the interpreter's.
std::size_t far_zone() { return interpreted() ? std::size_t{1} << 36 : 0; }

// Null where no addresses are left.
std::unique_ptr<Span> reserve(std::size_t bytes) {
  if (granule() == 0) return nullptr;
  auto span = std::make_unique<Span>(granules_for(bytes), far_zone());
  return span->reserved() ? std::move(span) : nullptr;
}

std::byte* keep(std::unique_ptr<Span> span) {
  std::byte* const memory = span->base();
  spans()[memory] = std::move(span);
  return memory;
}

bool place_touched(Span& span, const std::set<std::size_t>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::size_t i) {
    return span.place(Physical::make(granule()), i * granule());
  });
}

}  // namespace

std::byte* allocate_guarded(std::size_t bytes, Side side) {
  if (granule() == 0) return nullptr;
  const std::size_t body = granules_for(bytes);
  // Reserved with it, so that nobody else gets the guard's addresses.
  auto span = std::make_unique<Span>(body + 1);
  if (!span->reserved()) return nullptr;
  const std::size_t first = side == Side::end ? 0 : granule();
  if (!span->place(Physical::make(body * granule()), first)) return nullptr;
  std::byte* const memory =
      side == Side::end ? span->base() + body * granule() - bytes : span->base() + first;
  spans()[memory] = std::move(span);
  return memory;
}

std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched) {
  auto span = reserve(bytes);
  if (span == nullptr || !place_touched(*span, touched_granules(touched))) return nullptr;
  return keep(std::move(span));
}

std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched) {
  auto span = reserve(bytes);
  if (span == nullptr) return nullptr;
  if (interpreted()) {
    // Its memory is the host's, which takes up room page by page as it is touched. So all of it can be
    // real, and a store to a wrong place stays where it was made.
    if (!span->place(Physical::make(span->bytes()), 0)) return nullptr;
  } else {
    const std::set<std::size_t> wanted = touched_granules(touched);
    if (!place_touched(*span, wanted) || !fill_gaps(*span, wanted)) return nullptr;
  }
  return keep(std::move(span));
}

std::optional<std::vector<Range>> touched_pages(const std::byte* memory) {
  const auto span = spans().find(const_cast<std::byte*>(memory));
  if (span == spans().end()) return std::nullopt;
  return touched_ranges(memory, span->second->bytes());
}

void free_mapped(std::byte* memory) { spans().erase(memory); }

std::string mapping_unavailable() { return reason(); }

}  // namespace mlacheck::hip
