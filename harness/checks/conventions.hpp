// A problem in the units of the subject that it is for.
#pragma once

#include <string>

#include "harness/op/oracle.hpp"
#include "harness/op/problem.hpp"
#include "harness/op/subject.hpp"

namespace mlacheck {

/// The same bits, read under the subject's conventions: an operand of role lse of a base-2 subject
/// is worth ln 2 of a natural one. Adds the subject's numerics, from which the oracle takes its
/// bounds.
Problem under_conventions(Problem problem, const Subject& subject);

/// Expected values and bounds of `problem`'s outputs in the units that the subject stores.
void to_units_of(Expectation& expectation, const Problem& problem);

/// Empty, or why the problem is outside what the subject's conventions can express.
std::string outside_conventions(const Problem& problem, const Subject& subject);

}  // namespace mlacheck
