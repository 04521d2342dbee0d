#include "harness/amd/wave/words.hpp"

#include <array>
#include <charconv>

namespace mlacheck::amd {

std::string hexadecimal(u64 value) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

}  // namespace mlacheck::amd
