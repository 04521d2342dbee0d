#include "harness/amd/global/access.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

std::string distance(const char* where, const Allocations::Range& range, u64 bytes) {
  return std::string(where) + " is [" + hexadecimal(range.begin) + ", " + hexadecimal(range.end) +
         "), " + std::to_string(bytes) + " bytes away";
}

std::string outside(const Wave& wave, u64 address, u64 bytes, const char* what) {
  std::string text = std::string("memory ") + what + " of " + std::to_string(bytes) + " bytes at " +
                     hexadecimal(address) + ", which is in no allocation";
  const Allocations::Range* const range = wave.block->allocations->find(address);
  if (range != nullptr) {
    return std::string("memory ") + what + " of " + std::to_string(bytes) + " bytes at " +
           hexadecimal(address) + ", past the end of the allocation [" + hexadecimal(range->begin) +
           ", " + hexadecimal(range->end) + ")";
  }
  const auto around = wave.block->allocations->neighbours(address);
  if (around.below) text += "; " + distance("below", *around.below, address - around.below->end);
  if (around.above) text += "; " + distance("above", *around.above, around.above->begin - address);
  return text;
}

void note(const Wave& wave, u64 address, u64 bytes, std::string_view what) {
  Watch* const watch = wave.block->allocations->watch();
  if (watch == nullptr) [[likely]]
    return;
  if (what != "store") watch->loaded(address, bytes);
  if (what != "load") watch->stored(address, bytes, wave.block->first_wave + wave.number);
}

}  // namespace

void* global_memory(const Wave& wave, const Operation& operation, u64 address, u64 bytes,
                    const char* what, unsigned lane) {
  if (!wave.block->allocations->contains(address, bytes)) [[unlikely]] {
    fail(wave, operation, Fault::Kind::memory, outside(wave, address, bytes, what), lane);
  }
  note(wave, address, bytes, what);
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

void* global_memory(const Wave& wave, const Operation& operation, u64 address, u64 bytes,
                    const char* what) {
  if (!wave.block->allocations->contains(address, bytes)) [[unlikely]] {
    fail(wave, operation, Fault::Kind::memory, outside(wave, address, bytes, what));
  }
  note(wave, address, bytes, what);
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

u8* scratch_memory(const Wave& wave, const Operation& operation, i64 offset, unsigned bytes,
                   unsigned lane) {
  const i64 size = wave.block->kernel->scratch_bytes;
  if (offset < 0 || offset + bytes > size) [[unlikely]] {
    fail(wave, operation, Fault::Kind::scratch,
         "scratch access of " + std::to_string(bytes) + " bytes at offset " +
             std::to_string(offset) + ", a lane has " + std::to_string(size) + " bytes",
         lane);
  }
  // Dword d of lane l is dword d * lanes + l of the wave's scratch.
  const u64 lanes = wave.wave64 ? 64 : 32;
  const auto at = static_cast<u64>(offset);
  const u64 address =
      wave.scratch + static_cast<u64>(wave.scratch_shift) + (at / 4 * lanes + lane) * 4 + at % 4;
  return reinterpret_cast<u8*>(address);  // NOLINT(performance-no-int-to-ptr)
}

u8* lds_memory(const Wave& wave, const Operation& operation, i64 address, unsigned bytes,
               unsigned lane, const char* what) {
  auto& lds = wave.block->lds;
  if (address < 0 || static_cast<u64>(address) + bytes > lds.size()) [[unlikely]] {
    fail(wave, operation, Fault::Kind::lds,
         std::string("LDS ") + what + " of " + std::to_string(bytes) + " bytes at " +
             std::to_string(address) + ", the block has " + std::to_string(lds.size()) + " bytes",
         lane);
  }
  if (what != std::string_view("read") && what != std::string_view("load")) {
    // Atomics and stores; nothing is said about what an atomic reads.
    std::fill_n(wave.block->lds_written.begin() + address, bytes, u8{0xff});
  }
  return lds.data() + address;
}

}  // namespace mlacheck::amd
