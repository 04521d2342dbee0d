#include "harness/backends/hip/virtual_memory.hpp"

#include <hip/hip_runtime_api.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

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

// Reserved addresses, of which some have memory.
class Span {
 public:
  explicit Span(std::size_t granules) : bytes_(granules * granule()) {
    void* base = nullptr;
    if (done(hipMemAddressReserve(&base, bytes_, 0, nullptr, 0), "hipMemAddressReserve")) {
      base_ = static_cast<std::byte*>(base);
    }
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span() {
    for (const auto& [at, memory] : places_) {
      done(hipMemUnmap(base_ + at, memory->bytes()), "hipMemUnmap");
    }
    if (base_ != nullptr) done(hipMemAddressFree(base_, bytes_), "hipMemAddressFree");
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

// Which granules the ranges touch, in order.
std::vector<bool> touched_granules(std::size_t granules, const std::vector<Range>& touched) {
  std::vector<bool> wanted(granules);
  for (const Range& range : touched) {
    if (range.length == 0) continue;
    const std::size_t last = (range.offset + range.length - 1) / granule();
    for (std::size_t i = range.offset / granule(); i <= last; ++i) wanted[i] = true;
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

bool fill_gaps(Span& span, const std::vector<bool>& wanted) {
  constexpr std::size_t kLarge = 64;
  const std::vector<std::shared_ptr<Physical>> pieces{Physical::make(kLarge * granule()),
                                                      Physical::make(granule())};
  if (pieces[0] == nullptr || pieces[1] == nullptr) return false;
  for (std::size_t i = 0; i < wanted.size();) {
    if (wanted[i]) {
      ++i;
      continue;
    }
    const auto next =
        std::find(wanted.begin() + static_cast<std::ptrdiff_t>(i), wanted.end(), true);
    const auto end = static_cast<std::size_t>(next - wanted.begin());
    if (!repeat(span, pieces, i, end)) return false;
    i = end;
  }
  return true;
}

std::byte* allocate(std::size_t bytes, const std::vector<Range>& touched, bool everywhere) {
  if (granule() == 0) return nullptr;
  auto span = std::make_unique<Span>(granules_for(bytes));
  if (!span->reserved()) return nullptr;
  const std::vector<bool> wanted = touched_granules(span->bytes() / granule(), touched);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] && !span->place(Physical::make(granule()), i * granule())) return nullptr;
  }
  if (everywhere && !fill_gaps(*span, wanted)) return nullptr;
  std::byte* const memory = span->base();
  spans()[memory] = std::move(span);
  return memory;
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
  return allocate(bytes, touched, false);
}

// What lies there is worked on by whole grids of millions of blocks.
std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched) {
  if (interpreted()) {
    reason() = "a grid over all of it would take an interpreted device hours";
    return nullptr;
  }
  return allocate(bytes, touched, true);
}

void free_mapped(std::byte* memory) { spans().erase(memory); }

std::string mapping_unavailable() { return reason(); }

}  // namespace mlacheck::hip
