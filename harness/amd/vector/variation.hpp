// What hardware may do differently: instructions whose result AMD bounds and does not define.
//
// AMD's "CDNA 3 Instruction Set Architecture" gives v_rcp, v_rsq, v_sqrt, v_exp and v_log 1 ULP in float and
// in half, and v_rcp, v_rsq and v_sqrt 2^29 ULP in double. Under variation each of them gives one of the two
// numbers next to the exact value, drawn from the seed, the instruction and its operand: a function, as the
// hardware's result is. An exact value that is a number is the result, as AMD's examples have it. Of v_sin
// and v_cos no error is documented, so they are left as they are.
#pragma once

#include <optional>

#include "harness/amd/vector/half.hpp"
#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

/// For instructions that are decoded from now on; nothing: results are the nearest numbers.
void set_variation(std::optional<u64> seed);
bool varies();

enum class Approximated : u8 { reciprocal, reciprocal_root, root, power, logarithm };

/// `bits` are the operand's.
float varied(double exact, Approximated function, u32 bits);
Half varied_half(double exact, Approximated function, u16 bits);
/// `exact` times a factor up to 2^-23 away from 1.
double varied_double(double exact, Approximated function, u64 bits);

}  // namespace mlacheck::amd
