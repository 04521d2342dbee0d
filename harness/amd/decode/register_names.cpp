#include "harness/amd/decode/register_names.hpp"

#include <algorithm>
#include <array>

#include "harness/amd/decode/instruction.hpp"

namespace mlacheck::amd {
namespace {

// Of two names of one register the first is given.
constexpr auto kSpecial = std::to_array<SpecialRegister>({
    {"vcc", ScalarRegister::kVcc, 2},
    {"vcc_lo", ScalarRegister::kVcc, 1},
    {"vcc_hi", ScalarRegister::kVcc + 1, 1},
    {"exec", ScalarRegister::kExec, 2},
    {"exec_lo", ScalarRegister::kExec, 1},
    {"exec_hi", ScalarRegister::kExec + 1, 1},
    {"m0", ScalarRegister::kM0, 1},
    {"flat_scratch", ScalarRegister::kFlatScratch, 2},
    {"flat_scratch_lo", ScalarRegister::kFlatScratch, 1},
    {"flat_scratch_hi", ScalarRegister::kFlatScratch + 1, 1},
    {"xnack_mask", ScalarRegister::kXnackMask, 2},
    {"xnack_mask_lo", ScalarRegister::kXnackMask, 1},
    {"xnack_mask_hi", ScalarRegister::kXnackMask + 1, 1},
    {"scc", ScalarRegister::kScc, 1},
    {"src_scc", ScalarRegister::kScc, 1},
});

}  // namespace

const SpecialRegister* special_register(std::string_view name) {
  const auto* const found = std::ranges::find(kSpecial, name, &SpecialRegister::name);
  return found == kSpecial.end() ? nullptr : found;
}

std::string_view special_name(unsigned index) {
  const auto* const found = std::ranges::find_if(kSpecial, [&](const SpecialRegister& special) {
    return special.index == index && special.count == 1;
  });
  return found == kSpecial.end() ? std::string_view() : found->name;
}

std::string name_of_word(bool vector, unsigned index) { return name_of_words(vector, index, 1); }

std::string name_of_words(bool vector, unsigned index, unsigned count) {
  if (!vector && count == 1 && !special_name(index).empty()) {
    return std::string(special_name(index));
  }
  std::string name(1, !vector ? 's' : index < 256 ? 'v' : 'a');
  const unsigned number = vector ? index % 256 : index;
  if (count != 1) name += '[';
  name += std::to_string(number);
  if (count == 1) return name;
  name += ':';
  name += std::to_string(number + count - 1);
  name += ']';
  return name;
}

}  // namespace mlacheck::amd
