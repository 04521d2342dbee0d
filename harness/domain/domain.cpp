#include "harness/domain/domain.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "harness/domain/consistency.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

using Precondition = Schema::Precondition;
using Placed = OperandTerm::Layout;
using Holds = FieldTerm::Relation;

constexpr const char* kFiniteDeadValues = "finite_dead_values";
constexpr std::int64_t kLargestAlignment = 256;  // that of every allocation of a GPU

[[noreturn]] void refuse(const std::string& term, const std::string& what) {
  throw std::invalid_argument("domain term '" + excerpt(term) + "': " + what);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

struct Pieces {
  std::string left;
  std::string sign;
  std::string right;
};

// At the first sign; the longer of two that begin alike.
Pieces pieces_of(const std::string& term) {
  constexpr std::array<std::string_view, 6> kSigns{"==", "!=", ">=", "<=", "%", "="};
  std::size_t first = std::string::npos;
  std::string_view found;
  for (const std::string_view sign : kSigns) {
    const std::size_t at = term.find(sign);
    if (at < first) {
      first = at;
      found = sign;
    }
  }
  if (found.empty()) return {term, "", ""};
  return {term.substr(0, first), std::string(found), term.substr(first + found.size())};
}

std::int64_t number_of(const std::string& term, const std::string& word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) {
    refuse(term, "'" + excerpt(word) + "', expected a number");
  }
  return value;
}

std::int64_t value_of(const std::string& term, const Field& field, const std::string& word) {
  if (field.kind == Field::Kind::choice) {
    const auto at = std::ranges::find(field.choices, word);
    if (at == field.choices.end()) {
      refuse(term, "'" + excerpt(word) + "', " + expected_one_of(word, field.choices));
    }
    return at - field.choices.begin();
  }
  const std::int64_t value = number_of(term, word);
  if (value < field.minimum || value > field.maximum) {
    refuse(term, word + ", expected " + std::to_string(field.minimum) + ".." +
                     std::to_string(field.maximum));
  }
  return value;
}

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields) names.push_back(field.name);
  return names;
}

// "requests[1]": the field and the part.
FieldTerm place_of(const std::string& term, const std::string& name, const Schema& schema) {
  FieldTerm result;
  result.text = term;
  const std::size_t bracket = name.find('[');
  const std::string plain = name.substr(0, bracket);
  const std::vector<std::string> names = names_of(schema);
  const auto at = std::ranges::find(names, plain);
  if (at == names.end()) {
    refuse(term, "op " + schema.op + " has no field '" + excerpt(plain) + "', " +
                     expected_one_of(plain, names));
  }
  result.field = static_cast<std::size_t>(at - names.begin());
  const Field& field = schema.fields[result.field];
  result.name = field.name;
  result.is_integer = field.kind == Field::Kind::integer;
  const bool list = field.kind == Field::Kind::list;
  if (list != (bracket != std::string::npos)) {
    refuse(term, list ? plain + " is a list, expected " + plain + "[0] to " + plain + "[" +
                            std::to_string(field.arity - 1) + "]"
                      : plain + " is no list");
  }
  if (!list) return result;
  if (name.back() != ']') refuse(term, "expected a number in brackets");
  const auto part = number_of(term, name.substr(bracket + 1, name.size() - bracket - 2));
  if (part < 0 || part >= field.arity) {
    refuse(term,
           "part " + std::to_string(part) + ", expected 0.." + std::to_string(field.arity - 1));
  }
  result.part = static_cast<int>(part);
  return result;
}

Holds relation_of(const std::string& sign) {
  if (sign == "=") return Holds::one_of;
  if (sign == "!=") return Holds::none_of;
  if (sign == ">=") return Holds::at_least;
  if (sign == "<=") return Holds::at_most;
  if (sign == "%") return Holds::multiple_of;
  return Holds::equal_to;
}

// Choices have names, and no order.
void check_relation(const FieldTerm& term, const Schema& schema) {
  const Field& field = schema.fields[term.field];
  if (term.relation == Holds::equal_to) {
    const Field& other = schema.fields[term.other];
    if (field.is_seed || other.is_seed) refuse(term.text, "a seed is no part of a domain");
    if (field.kind == Field::Kind::list || other.kind != field.kind ||
        other.choices != field.choices) {
      refuse(term.text, "expected two numbers, or two fields with the same choices");
    }
    return;
  }
  if (field.is_seed) refuse(term.text, "a seed is no part of a domain");
  const bool ordered = term.relation != Holds::one_of && term.relation != Holds::none_of;
  if (ordered && field.kind == Field::Kind::choice) {
    refuse(term.text, field.name + " is one of several names, expected = or !=");
  }
  if (ordered && term.numbers.size() != 1) refuse(term.text, "expected one number");
  if (term.relation == Holds::multiple_of && term.numbers.front() < 1) {
    refuse(term.text, "expected a number from 1 on");
  }
  if (term.relation == Holds::none_of && field.kind == Field::Kind::choice) {
    for (std::int64_t value = 0; value <= field.maximum; ++value) {
      if (term.admits(value, 0)) return;
    }
    refuse(term.text, "leaves no value of " + field.name);
  }
}

FieldTerm field_term(const std::string& text, const Pieces& pieces, const Schema& schema) {
  FieldTerm term = place_of(text, pieces.left, schema);
  term.relation = relation_of(pieces.sign);
  if (term.relation == Holds::equal_to) {
    term.other = place_of(text, pieces.right, schema).field;
  } else {
    const Field& field = schema.fields[term.field];
    for (const std::string& word : split(pieces.right, ',')) {
      term.numbers.push_back(term.relation == Holds::multiple_of ? number_of(text, word)
                                                                 : value_of(text, field, word));
    }
  }
  check_relation(term, schema);
  return term;
}

bool begins_a_field(const Schema& schema, const std::string& operand) {
  return std::ranges::any_of(
      schema.fields, [&](const Field& field) { return field.name.starts_with(operand + "."); });
}

// Of a row-major layout; what an extent of 1 has reaches no element.
bool is_dense(const Layout& layout) {
  if (layout.elements() == 0) return true;
  std::int64_t wanted = 1;
  for (std::size_t axis = layout.shape.size(); axis-- > 0;) {
    if (layout.shape[axis] != 1 && layout.stride[axis] != wanted) return false;
    wanted *= layout.shape[axis];
  }
  return true;
}

bool has_rows(const Layout& layout) {
  return layout.shape.empty() || layout.elements() == 0 || layout.shape.back() == 1 ||
         layout.stride.back() == 1;
}

std::string strides_text(const Layout& layout) {
  return shape_text(layout.shape) + " with strides " + shape_text(layout.stride);
}

// The field of a case that has this part of an operand's layout; null if there is none.
const Field* layout_field(const Schema& schema, const std::string& operand, const char* part) {
  const std::string name = operand + "." + part;
  const auto at = std::ranges::find(schema.fields, name, &Field::name);
  return at == schema.fields.end() ? nullptr : &*at;
}

// Whether the memory order of a case ends with the axis that is last in the operand.
bool has_rows(const Field& order, const Case& c) {
  return c.choice(order.name).back() == order.choices.front().back();
}

// What lies behind the last element, in front of the first one, and strides that reach nothing
// are no part of a dense layout.
bool is_free_when_dense(const std::string& part) {
  return part == "offset" || part == "pad" || part == "idle_stride";
}

}  // namespace

bool is_layout_field(const Field& field) {
  constexpr std::array<std::string_view, 7> kParts{"order",  "step", "gap",        "outer_gap",
                                                   "offset", "pad",  "idle_stride"};
  const std::string part = field.name.substr(field.name.rfind('.') + 1);
  return part.size() < field.name.size() && std::ranges::find(kParts, part) != kParts.end();
}

Domain::Domain(std::string_view text, const OpModel& model) {
  for (const std::string& term : split(text, ' ')) {
    if (term.empty()) continue;
    add(term, term, model);
    text_ += (text_.empty() ? "" : " ") + term;
  }
  check_consistent(fields_, operands_, model.schema());
}

// `written`: the precondition of which the term is a part, or the term itself.
void Domain::add(const std::string& term, const std::string& written, const OpModel& model) {
  const Pieces pieces = pieces_of(term);
  if (pieces.sign.empty()) {
    if (add_precondition(term, model)) return;
    std::vector<std::string> names{kFiniteDeadValues};
    for (const Precondition& known : model.schema().preconditions) names.push_back(known.name);
    refuse(term, "no precondition of " + model.schema().op + "; " + expected_one_of(term, names));
  }
  if (pieces.right.empty()) refuse(term, "expected a value after " + pieces.sign);
  if (pieces.sign == "=" && add_operand_term(pieces.left, pieces.right, term, model)) return;
  fields_.push_back(field_term(term, pieces, model.schema()));
  fields_.back().written = written;
}

bool Domain::add_precondition(const std::string& term, const OpModel& model) {
  if (term == kFiniteDeadValues) {
    finite_dead_values_ = true;
    return true;
  }
  for (const Precondition& known : model.schema().preconditions) {
    if (known.name != term) continue;
    for (const std::string& part : known.terms) add(part, term, model);
    return true;
  }
  return false;
}

bool Domain::add_operand_term(const std::string& name, const std::string& value,
                              const std::string& term, const OpModel& model) {
  const std::size_t dot = name.rfind('.');
  const std::string what = dot == std::string::npos ? name : name.substr(dot + 1);
  if (what != "layout" && what != "align") return false;
  OperandTerm result;
  result.text = term;
  if (dot != std::string::npos) {
    result.operand = name.substr(0, dot);
    const Problem problem = model.materialise(model.cost_case(), "");
    if (problem.find(result.operand) == nullptr &&
        !begins_a_field(model.schema(), result.operand)) {
      std::vector<std::string> names;
      for (const Operand& operand : problem.operands) names.push_back(operand.name);
      refuse(term, "op " + model.schema().op + " has no operand '" + excerpt(result.operand) +
                       "', " + expected_one_of(result.operand, names));
    }
  }
  if (what == "align") {
    result.alignment = number_of(term, value);
    const bool power = result.alignment > 0 && (result.alignment & (result.alignment - 1)) == 0;
    if (!power || result.alignment > kLargestAlignment) {
      refuse(term, value + ", expected a power of two up to " + std::to_string(kLargestAlignment));
    }
  } else {
    const std::vector<std::string> names{"free", "rows", "dense"};
    const auto at = std::ranges::find(names, value);
    if (at == names.end())
      refuse(term, "'" + excerpt(value) + "', " + expected_one_of(value, names));
    result.layout = static_cast<Placed>(at - names.begin());
  }
  operands_.push_back(std::move(result));
  return true;
}

std::string Domain::outside(const Case& c) const {
  for (const FieldTerm& term : fields_) {
    const Field& field = c.schema().fields[term.field];
    const auto arity = static_cast<std::size_t>(field.kind == Field::Kind::list ? field.arity : 1);
    const std::vector<std::int64_t>& values = c.value_at(term.field);
    const std::int64_t other =
        term.relation == Holds::equal_to ? c.value_at(term.other).front() : 0;
    for (auto i = static_cast<std::size_t>(term.part); i < values.size(); i += arity) {
      if (term.admits(values[i], other)) continue;
      const std::string value = field.kind == Field::Kind::choice
                                    ? field.choices[static_cast<std::size_t>(values[i])]
                                    : std::to_string(values[i]);
      return term.text + ": " + field.name + " is " + value;
    }
  }
  return {};
}

std::string Domain::outside(const Problem& problem) const {
  for (const OperandTerm& term : operands_) {
    for (const Operand& operand : problem.operands) {
      if (!term.concerns(operand.name)) continue;
      const auto wrong = [&](const std::string& what) {
        return term.text + ": " + operand.name + " is " + what;
      };
      const bool lies_so =
          !term.layout || *term.layout == Placed::free ||
          (*term.layout == Placed::rows ? has_rows(operand.layout) : is_dense(operand.layout));
      if (!lies_so) return wrong(strides_text(operand.layout));
      const auto offset = operand.layout.offset * static_cast<std::int64_t>(size_of(operand.dtype));
      if (term.alignment > 0 && offset % term.alignment != 0) {
        return wrong(std::to_string(offset) + " bytes past such an address");
      }
    }
  }
  return {};
}

std::string Domain::term_on_strides(const std::string& operand, const Schema& schema) const {
  const auto on_strides = [&](std::size_t index) {
    const Field& field = schema.fields[index];
    const std::size_t dot = field.name.rfind('.');
    return is_layout_field(field) && field.name.substr(0, dot) == operand &&
           !is_free_when_dense(field.name.substr(dot + 1));
  };
  for (const FieldTerm& term : fields_) {
    const bool other = term.relation == Holds::equal_to && on_strides(term.other);
    if (other || on_strides(term.field)) return term.text;
  }
  return {};
}

bool Domain::claims(std::size_t field, int part, std::int64_t value) const {
  return std::ranges::all_of(fields_, [&](const FieldTerm& term) {
    if (term.relation == Holds::equal_to) return term.field != field && term.other != field;
    return term.field != field || term.part != part || term.admits(value, 0);
  });
}

Case Domain::nearest(Case c, Fields fields) const {
  const Schema& schema = c.schema();
  for (const OperandTerm& term : operands_) {
    for (const Field& field : schema.fields) {
      const std::size_t dot = field.name.rfind('.');
      if (dot == std::string::npos || !term.concerns(field.name.substr(0, dot))) continue;
      const std::string part = field.name.substr(dot + 1);
      const bool laid_out = layout_field(schema, field.name.substr(0, dot), "offset") != nullptr;
      if (!laid_out) continue;
      const bool rows = term.layout == Placed::rows &&
                        (part == "step" || (part == "order" && !has_rows(field, c)));
      const bool any_field = fields == Fields::of_operands || is_layout_field(field);
      if (rows || (term.layout == Placed::dense && any_field && !is_free_when_dense(part))) {
        c.set_at(schema.index_of(field.name), {field.fallback});
      }
      if (term.alignment > 1 && part == "offset") {
        // As many elements as bytes, so that it holds for elements of any size.
        const std::int64_t offset = c.integer(field.name);
        c.set(field.name, offset / term.alignment * term.alignment);
      }
    }
  }
  // A second time, for a term that another one has undone.
  for (int pass = 0; pass < 2; ++pass) {
    for (const FieldTerm& term : fields_) {
      const Field& field = schema.fields[term.field];
      const auto arity =
          static_cast<std::size_t>(field.kind == Field::Kind::list ? field.arity : 1);
      std::vector<std::int64_t> values = c.value_at(term.field);
      const std::int64_t other =
          term.relation == Holds::equal_to ? c.value_at(term.other).front() : 0;
      for (auto i = static_cast<std::size_t>(term.part); i < values.size(); i += arity) {
        values[i] = term.nearest(values[i], other, field);
      }
      c.set_at(term.field, std::move(values));
    }
  }
  // Terms that undo each other, such as V%64 V<=100, are met together.
  return outside(c).empty() ? c : settled(std::move(c), fields_);
}

std::vector<ListedValue> Domain::listed_values() const {
  std::vector<ListedValue> values;
  for (const FieldTerm& term : fields_) {
    if (term.relation != Holds::one_of || !term.is_integer) continue;
    for (const std::int64_t value : term.numbers) {
      const bool left = std::ranges::all_of(fields_, [&](const FieldTerm& other) {
        return other.field != term.field || other.relation == Holds::equal_to ||
               other.admits(value, 0);
      });
      if (left) values.push_back({term.name, value});
    }
  }
  return values;
}

void Domain::mark(Problem& problem) const {
  for (Operand& operand : problem.operands) {
    operand.finite_dead_values = finite_dead_values_;
    for (const OperandTerm& term : operands_) {
      if (term.concerns(operand.name)) {
        operand.alignment = std::max(operand.alignment, term.alignment);
      }
    }
  }
}

}  // namespace mlacheck
