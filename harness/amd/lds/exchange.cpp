// Values moved between lanes through the LDS hardware, without LDS memory.
#include <string>

#include "harness/amd/lds/families.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {
namespace {

unsigned lanes_of(const Wave& wave) { return wave.wave64 ? 64 : 32; }

// Each lane reads from the lane whose number times 4 is its address; a disabled lane gives 0.
void run_backward(Wave& wave, const Operation& operation) {
  const u64 exec = wave.exec();
  const auto& address = wave.vector[operation.source[0].index];
  const auto& data = wave.vector[operation.source[1].index];
  std::array<u32, kLanes> result{};
  each_lane(exec, [&](unsigned lane) {
    const unsigned from = (address[lane] + static_cast<u32>(operation.offset)) / 4 % lanes_of(wave);
    result[lane] = (exec >> from & 1U) != 0 ? data[from] : 0;
  });
  each_lane(exec, [&](unsigned lane) { wave.vector[operation.target][lane] = result[lane]; });
}

// Each lane writes to the lane that its address names; the last writer wins, lanes without one get 0.
void run_forward(Wave& wave, const Operation& operation) {
  const u64 exec = wave.exec();
  std::array<u32, kLanes> result{};
  each_lane(exec, [&](unsigned lane) {
    const u32 address =
        wave.vector[operation.source[0].index][lane] + static_cast<u32>(operation.offset);
    result.at(address / 4 % lanes_of(wave)) = wave.vector[operation.source[1].index][lane];
  });
  each_lane(exec, [&](unsigned lane) { wave.vector[operation.target][lane] = result[lane]; });
}

// offset bit 15: four lanes are permuted, two bits each. Otherwise within 32 lanes the source is
// ((lane and and_mask) or or_mask) xor xor_mask, with five bits each.
unsigned swizzled(unsigned lane, unsigned control) {
  if ((control & 0x8000U) != 0) return lane / 4 * 4 + (control >> (2 * (lane % 4)) & 3U);
  const unsigned within = lane % 32;
  const unsigned from = ((within & (control & 31U)) | (control >> 5 & 31U)) ^ (control >> 10 & 31U);
  return lane / 32 * 32 + from;
}

void run_swizzle(Wave& wave, const Operation& operation) {
  const u64 exec = wave.exec();
  const auto& data = wave.vector[operation.source[0].index];
  std::array<u32, kLanes> result{};
  each_lane(exec, [&](unsigned lane) {
    const unsigned from = swizzled(lane, static_cast<unsigned>(operation.offset));
    result[lane] = (exec >> from & 1U) != 0 ? data[from] : 0;
  });
  each_lane(exec, [&](unsigned lane) { wave.vector[operation.target][lane] = result[lane]; });
}

// "swizzle(BITMASK_PERM, \"0p1iq\")" and the others are texts of the offset; their sum of bits is
// worked out here.
unsigned list_value(const std::string& text, std::size_t begin, unsigned count, unsigned bits) {
  unsigned value = 0;
  std::size_t at = begin;
  for (unsigned i = 0; i < count; ++i) {
    at = text.find_first_of("0123456789", at);
    if (at == std::string::npos) throw Unknown{"the swizzle '" + text + "' is not understood"};
    value |= static_cast<unsigned>(std::stoul(text.substr(at))) << (bits * i);
    at = text.find_first_not_of("0123456789", at);
  }
  return value;
}

unsigned swizzle_control(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (text.starts_with("swizzle(QUAD_PERM")) return 0x8000U | list_value(text, comma, 4, 2);
  if (text.starts_with("swizzle(SWAP")) return 0x1fU | list_value(text, comma, 1, 5) << 10;
  if (text.starts_with("swizzle(REVERSE")) return 0x1fU | (list_value(text, comma, 1, 5) - 1) << 10;
  if (text.starts_with("swizzle(BROADCAST")) {
    const unsigned size = list_value(text, comma, 1, 8);
    const unsigned lane = list_value(text, text.find(',', comma + 1), 1, 8);
    return (32 - size) | lane << 5;
  }
  if (text.starts_with("swizzle(BITMASK_PERM")) {
    // Five letters, bit 4 first: 0 and 1 are fixed, p keeps the bit, i inverts it.
    const std::size_t quote = text.find('"');
    unsigned keep = 0;
    unsigned set = 0;
    unsigned invert = 0;
    for (unsigned i = 0; i < 5; ++i) {
      const char letter = text.at(quote + 1 + i);
      const unsigned bit = 16U >> i;
      if (letter == 'p' || letter == 'i') keep |= bit;
      if (letter == '1') set |= bit;
      if (letter == 'i') invert |= bit;
    }
    return keep | set << 5 | invert << 10;
  }
  throw Unknown{"the swizzle '" + text + "' is not understood"};
}

void bind_exchange(const Binding& binding) {
  expect_modifiers(binding, {"offset"});
  Operation& operation = binding.operation;
  operation.target = binding.vector_target(0);
  for (std::size_t i = 0; i + 1 < binding.instruction.operands.size(); ++i) {
    operation.source.at(i).kind = Source::Kind::vector;
    operation.source.at(i).index = binding.vector_target(1 + i);
  }
  const Modifier* const offset = binding.instruction.modifier("offset");
  if (offset == nullptr) return;
  operation.offset = offset->numbers.empty() ? swizzle_control(offset->word) : offset->numbers[0];
}

// Offsets that are no permutation of four lanes and have bit 15 rotate lanes, or are for transforms.
void bind_swizzle(const Binding& binding) {
  bind_exchange(binding);
  const i64 control = binding.operation.offset;
  if (control >= 0x8000 && (control & 0xff00) != 0x8000)
    throw Unknown{"the swizzle " + std::to_string(control) + " is not understood"};
}

}  // namespace

void add_lds_exchange(Table& table) {
  table.add("ds_bpermute_b32", {&run_backward, &bind_exchange});
  table.add("ds_permute_b32", {&run_forward, &bind_exchange});
  table.add("ds_swizzle_b32", {&run_swizzle, &bind_swizzle});
}

}  // namespace mlacheck::amd
