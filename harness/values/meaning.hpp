// How an operand's elements are to be read, beyond their type. An op's model sets both for
// each operand; they travel with it to the subject.
#pragma once

#include <cstdint>

namespace mlacheck {

/// How the codes of an operand of type u8 are to be read.
enum class CodeFormat : std::uint8_t {
  plain,       ///< its element type says all
  e2m1_pairs,  ///< two a byte, the low nibble first
  e8m0,        ///< OCP MX scale
  e4m3fn,      ///< OCP FP8
  e4m3fnuz,    ///< FP8 of CDNA3
  e5m2,
};

/// What a subject's conventions have to say about an operand.
enum class Role : std::uint8_t {
  plain,  ///< nothing
  lse,    ///< a log-sum-exp: its base, the order of its two axes, and +inf are conventions
};

}  // namespace mlacheck
