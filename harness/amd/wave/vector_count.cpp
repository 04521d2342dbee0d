#include "harness/amd/wave/vector_count.hpp"

#include <algorithm>
#include <string>

#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

constexpr unsigned kNames = 256;  // v0 to v255, and a0 to a255 from there

}  // namespace

unsigned vector_count(const Kernel& kernel, bool accumulation) {
  const unsigned count = kernel.accum_offset == 0 ? kernel.vgprs
                         : accumulation           ? kernel.vgprs - kernel.accum_offset
                                                  : kernel.accum_offset;
  return std::min(kNames, count);
}

u16 counted_register(const Wave& wave, const Operation& operation, u16 named, u32 by) {
  const bool accumulation = named >= kNames;
  const u64 number = named % kNames + u64{by};
  const unsigned count = vector_count(*wave.block->kernel, accumulation);
  if (number >= count) {
    const std::string letter = accumulation ? "a" : "v";
    std::string text = "register ";
    text += letter + std::to_string(number) + " is counted from M0, and the wave has ";
    text += letter + "0 to " + letter + std::to_string(count - 1);
    fail(wave, operation, Fault::Kind::scratch, text);
  }
  return static_cast<u16>(named - named % kNames + number);
}

}  // namespace mlacheck::amd
