// What the acceptance rules of other projects (harness/study/criteria.hpp) say about one result
// of one op.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/oracle.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck {

enum class Answer : std::uint8_t { not_applicable, accepts, refuses };

/// One for each of criteria(), in their order.
using RuleAnswers = std::vector<Answer>;

/// Bits of each operand after a run, as Run::outputs.
using OutputBits = std::vector<std::vector<std::uint32_t>>;

/// A rule refuses a result if it refuses one of its tensors; only cells that a consumer may read
/// count. The reference is the oracle's value rounded to the type of the output; `peer` are the
/// outputs of another implementation. A rule for matrix products sees those of strided_bmm, head by
/// head. `problem` and `expectation` belong together, and have the units of the outputs.
RuleAnswers rule_answers(const Problem& problem, const Expectation& expectation,
                         const OutputBits& outputs, const OutputBits& peer);

/// The stricter one of each pair; `more` may be empty.
void keep_stricter(RuleAnswers& answers, const RuleAnswers& more);

}  // namespace mlacheck
