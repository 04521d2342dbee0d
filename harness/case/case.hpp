// A case: one complete, printable problem of one op.
//
// A case prints as one line, which parses back to an equal case:
//     merge_states(T=3,V=48,lens=[4:0,1:7],dtype=bf16)
// The line names only the fields that differ from the simplest case. Element values are not part of
// a case: they follow from its seed (properties/common/values.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mlacheck {

/// One field of an op's cases. `fallback` is the simplest value: what shrinking moves towards and
/// what a case line leaves out.
struct Field {
  enum class Kind {
    integer,
    choice,  ///< one of `choices`
    list,    ///< any number of tuples of `arity` integers, written [a:b,a:b]
  };
  std::string name;
  Kind kind = Kind::integer;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  std::int64_t fallback = 0;         ///< integer: value; choice: index; list: value of an entry
  std::vector<std::string> choices;  ///< choice only
  int arity = 1;                     ///< list only
  /// What real models have: of an integer that is an extent, its largest value; of a list, its
  /// largest number of entries and then of each part of one. Empty, or 0: no extent.
  std::vector<std::int64_t> largest{};
  /// Values past 2^16 or 2^24 that K13 tries, with every extent as simple as can be: of an integer, or of
  /// the last part of a list's only entry, whose other parts are 1.
  std::vector<std::int64_t> far{};
  bool is_seed = false;  ///< an integer that only starts a random sequence: no value is special
  std::string about{};   ///< what it means, in a few words, with the unit

  static Field integer(std::string name, std::int64_t minimum, std::int64_t maximum,
                       std::int64_t fallback, std::string about = {});
  static Field seed(std::string name);
  static Field choice(std::string name, std::vector<std::string> choices, std::string about = {});
  static Field list(std::string name, int arity, std::int64_t minimum, std::int64_t maximum);
};

struct Schema {
  /// A spelling that earlier cases had, of a field ("N") or of one value of it ("x.order=102"), and
  /// what to write instead.
  struct Renamed {
    std::string old;
    std::string now;
  };

  /// What subjects of the op are known to ask of their callers.
  struct Precondition {
    std::string name;                ///< "no_empty_request"
    std::string about;               ///< what it asks, in a few words
    std::vector<std::string> terms;  ///< terms of a domain (harness/domain/domain.hpp) that say it
  };

  std::string op;
  std::vector<Field> fields;
  std::vector<Renamed> renamed = {};
  std::vector<Precondition> preconditions = {};

  /// Index of a field; throws std::out_of_range naming op and field.
  std::size_t index_of(std::string_view field) const;
};

class Case {
 public:
  /// Every field at its fallback; lists empty. `schema` must outlive the case.
  explicit Case(const Schema& schema);

  const Schema& schema() const { return *schema_; }
  const std::string& op() const { return schema_->op; }

  std::int64_t integer(std::string_view field) const;
  bool flag(std::string_view field) const { return integer(field) != 0; }
  const std::string& choice(std::string_view field) const;
  /// Flattened tuples: entry i of a list with arity a is [i*a, i*a + a).
  const std::vector<std::int64_t>& list(std::string_view field) const;

  /// These throw std::invalid_argument naming field, value and range.
  Case& set(std::string_view field, std::int64_t value);
  Case& set(std::string_view field, std::string_view choice);
  Case& set(std::string_view field, std::vector<std::int64_t> values);

  /// The same by the field's place in the schema, as plain numbers: a choice is its index.
  const std::vector<std::int64_t>& value_at(std::size_t field) const { return values_[field]; }
  Case& set_at(std::size_t field, std::vector<std::int64_t> value);

  std::string line() const;

  /// Takes over one field of another case of the same op.
  Case& copy(std::string_view field, const Case& from);

  /// The fields in which this case differs from `other`, of the same op, as they stand in its own
  /// line: "x.outer_gap=3,out.offset=0". Empty if the two are equal.
  std::string difference(const Case& other) const;

  friend bool operator==(const Case& a, const Case& b) {
    return a.schema_ == b.schema_ && a.values_ == b.values_;
  }

 private:
  friend std::vector<Case> simpler_cases(const Case& c);
  friend std::vector<Case> two_step_cases(const Case& c);
  const Schema* schema_;
  std::vector<std::vector<std::int64_t>> values_;  // one entry per field
};

/// The case with another seed: the same sizes, other contents. Nothing if the op has no seed.
std::optional<Case> reseeded(const Case& c);

/// A case, or what is wrong with the line (naming the field, the value and what was expected).
using ParsedCase = std::variant<Case, std::string>;

/// Parses a case line against the schemas of all ops.
ParsedCase parse_case(std::string_view line, const std::vector<const Schema*>& schemas);

/// Candidates for shrinking, most aggressive first: each differs from `c` in one field and is
/// strictly simpler. Repeatedly taking any candidate always ends.
std::vector<Case> simpler_cases(const Case& c);

/// Candidates for where no single step helps: two numbers move towards their simplest value at
/// once, or a list loses entries while another number grows by as many. Lists never grow and, as
/// long as they stay the same, numbers only become simpler, so that this ends, too.
std::vector<Case> two_step_cases(const Case& c);

}  // namespace mlacheck
