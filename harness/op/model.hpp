// What the harness must know of one op to generate, materialise and compare its cases. One
// implementation an op, which `const OpModel& <op>::model()` of properties/<op>/model.hpp returns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/op/cost.hpp"
#include "harness/op/problem.hpp"
#include "harness/op/random.hpp"
#include "harness/op/relation.hpp"
#include "harness/op/rows.hpp"
#include "harness/op/subject.hpp"
#include "harness/verdict/finding.hpp"

namespace mlacheck {

class OpModel {
 public:
  OpModel() = default;
  OpModel(const OpModel&) = delete;
  OpModel& operator=(const OpModel&) = delete;
  virtual ~OpModel() = default;

  /// Fields of the cases. The all-fallback case must be admissible and cheap.
  virtual const Schema& schema() const = 0;

  /// Names of the sizes next to whose tiles generate() draws.
  virtual std::vector<std::string> tile_axes() const { return {}; }

  /// Draws an admissible case. `tiles` are those of the kernels under test. Cheap cases by far the
  /// most often: a case should cost a CPU run a few milliseconds at most, a rare one up to a
  /// second.
  virtual Case generate(Random& random, const std::vector<Tile>& tiles) const = 0;

  /// Empty, or why the case is outside the contract. Shrinking asks it for each candidate.
  virtual std::string inadmissible(const Case& c) const = 0;

  /// Empty, or why the case, or a problem made from it, is outside what the subject claims. The
  /// model of an op claims everything; that of a domain overrides this.
  virtual std::string outside_domain(const Case& /*c*/) const { return {}; }
  virtual std::string outside_domain(const Problem& /*problem*/) const { return {}; }

  /// Empty, or the term by which the subject claims some strides of that operand only. A problem that
  /// was stretched belongs to no case that could be asked.
  virtual std::string term_on_strides(const std::string& /*operand*/) const { return {}; }

  /// Whether the subject claims that number in a field, or in that part of a list's entries.
  virtual bool claims(std::size_t /*field*/, int /*part*/, std::int64_t /*value*/) const {
    return true;
  }

  /// A case inside the domain near `c`, if there is one near.
  virtual Case nearest_claimed(const Case& c) const { return c; }

  /// Operands and scalars. The access rules may depend on the variant (`zero_filled` may write rows
  /// that `empty` must leave alone), contents and layouts must not.
  virtual Problem materialise(const Case& c, std::string_view variant) const = 0;

  /// Whether the access rules of all variants are the same, so that the problem of one serves
  /// another. A model that says so must not look at the variant.
  virtual bool same_rules_for_all_variants() const { return false; }

  /// The same logical case under other strides, gaps and offsets; equal to `c` only where a domain
  /// leaves no other layout.
  virtual Case layout_twin(const Case& c) const = 0;

  /// The check that a wrong value counts for. By default K7 where has_edge_values, else K1; an op
  /// of exact integer metadata says K12, a probe with a known answer K11, codes and scales of a
  /// quantizer at their edges K14.
  virtual Check value_check(const Case& c) const {
    return has_edge_values(c) ? Check::edge : Check::shapes;
  }

  /// Other problems whose results must agree with this one's element by element, in every bit: rows
  /// permuted or alone (K10), operands exchanged (K11). `problem` is `c` for one variant.
  virtual std::vector<Relation> relations(const Case& /*c*/, const Problem& /*problem*/,
                                          Random& /*random*/) const {
    return {};
  }

  /// The sizes of `problem` whose entries are rows, always in the same order. A model without any says
  /// why.
  virtual std::vector<RowSize> row_sizes(const Problem& /*problem*/) const { return {}; }

  /// Scalars and contents of `problem` that count rows of `size`, as they are once its rows lie at
  /// `places`.
  virtual void move_rows(Problem& /*problem*/, const RowSize& /*size*/,
                         const RowPlaces& /*places*/) const {}

  /// Faults of a consumer that reads the outputs (K12); `outputs` are the bits of each
  /// operand after the run, empty for inputs.
  virtual std::vector<std::string> consume(
      const Problem& /*problem*/,
      const std::vector<std::vector<std::uint32_t>>& /*outputs*/) const {
    return {};
  }

  /// True if consume() has anything to say for this op.
  virtual bool has_consumer() const { return false; }

  /// Whether every bundled variant gives the same bits for the case on every device: no rounding is
  /// left to a device's library (exp, log) or compiler (a product that is not exact, contracted with
  /// a sum).
  virtual bool same_bits_on_devices(const Case& /*c*/) const { return true; }

  /// What the contract of a variant says a call costs; nothing where it does not say.
  virtual std::optional<Cost> cost(const Case& /*c*/, const Problem& /*problem*/,
                                   std::string_view /*variant*/) const {
    return std::nullopt;
  }

  /// The case whose cost is worth showing: sizes of a real model, simplest contents.
  virtual Case cost_case() const { return Case(schema()); }

  /// True if the case's values are special (infinities, NaN, empty rows, large logits): its value
  /// findings are then reported as K7, else as K1.
  virtual bool has_edge_values(const Case& c) const = 0;
};

}  // namespace mlacheck
