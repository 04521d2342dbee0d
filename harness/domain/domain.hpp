// What part of an op's contract a subject claims. Cases outside are not drawn, runs outside are not
// carried out, and reports say so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/domain/term.hpp"
#include "harness/op/model.hpp"

namespace mlacheck {

/// A number that a domain allows an integer field to have.
struct ListedValue {
  std::string field;
  std::int64_t value = 0;
};

/// Whether a field says how an operand lies: its memory order, a gap, and so on.
bool is_layout_field(const Field& field);

/// A conjunction of terms, written with blanks between them. Values are those of a case line.
///
///     term                        the domain holds the cases in which
///     D=64,128   dtype=bf16       a number or a choice is one of these
///     empty!=both,some            it is none of these
///     T>=1       T<=4096          a number is large or small enough
///     V%8                         it is a multiple
///     out.gap==x.gap              two fields are equal
///     requests[1]>=1              so is each entry's second number (also =, !=, <=, %)
///     layout=dense out.layout=rows  all operands, or one, lie so: dense, rows (stride 1 in the last
///                                 axis), free
///     align=16   out.align=16     the first element's address is a multiple of so many bytes
///     no_empty_request            a precondition that the op has a name for
///
/// `finite_dead_values` is a precondition of every op: what a subject must not use is finite.
class Domain {
 public:
  /// The whole contract.
  Domain() = default;

  /// Throws std::invalid_argument naming the term and what was expected, or the terms that contradict
  /// each other. `model` must outlive it.
  Domain(std::string_view text, const OpModel& model);

  bool whole() const { return text_.empty(); }

  /// The terms as they were written, one blank between them.
  const std::string& text() const { return text_; }

  /// Empty, or the first term that a case does not meet, and what it has there. Layouts are not looked
  /// at: they need the problem.
  std::string outside(const Case& c) const;

  /// The same for where the operands of a problem lie.
  std::string outside(const Problem& problem) const;

  /// Empty, or the first term on a field that says how far apart elements of that operand lie.
  std::string term_on_strides(const std::string& operand, const Schema& schema) const;

  /// Whether all terms on that field, or on that part of its entries, take the number. A field that
  /// must equal another is claimed as it is in a case only.
  bool claims(std::size_t field, int part, std::int64_t value) const;

  /// What nearest() may change so that an operand lies as asked: its layout, or all of its fields.
  enum class Fields { of_layouts, of_operands };

  /// A case that meets the terms on fields, near `c`, and lays its operands out as asked. It need
  /// not be admissible.
  Case nearest(Case c, Fields fields = Fields::of_layouts) const;

  /// What a run needs to know: the alignment of each operand, and whether dead values are finite.
  void mark(Problem& problem) const;

  const std::vector<FieldTerm>& field_terms() const { return fields_; }

  /// The numbers that terms such as V=64,128 name.
  std::vector<ListedValue> listed_values() const;

 private:
  void add(const std::string& term, const std::string& written, const OpModel& model);
  bool add_precondition(const std::string& term, const OpModel& model);
  bool add_operand_term(const std::string& name, const std::string& value, const std::string& term,
                        const OpModel& model);

  std::string text_;
  std::vector<FieldTerm> fields_;
  std::vector<OperandTerm> operands_;
  bool finite_dead_values_ = false;
};

}  // namespace mlacheck
