// Reads case lines.
#include <charconv>
#include <optional>
#include <set>
#include <stdexcept>

#include "harness/case/case.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

std::string range_text(const Field& field) {
  return std::to_string(field.minimum) + ".." + std::to_string(field.maximum);
}

// The text of a line, taken from the front. Errors say where they are: the op, the field if one is
// being read, the column, and how the line goes on there.
class LineParser {
 public:
  explicit LineParser(std::string_view line) : line_(line) {}

  void enter_op(std::string_view op) { place_ = "op " + std::string(op); }
  void enter_field(const std::string& field) { field_ = ", field " + field; }
  void leave_field() { field_.clear(); }

  bool done() const { return rest().empty(); }
  bool take(char c) {
    if (done() || rest().front() != c) return false;
    ++at_;
    return true;
  }
  void want(char c, const std::string& expected) {
    if (!take(c)) fail(expected);
  }
  std::string_view word() {
    const auto is_word = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.';
    };
    const std::size_t first = at_;
    while (!done() && is_word(rest().front())) ++at_;
    return line_.substr(first, at_ - first);
  }
  /// The number before a '*', both taken; nothing if none stands here. One that does not fit is 0.
  std::optional<std::size_t> repeats() {
    const std::size_t first = at_;
    const std::string_view digits = word();
    if (digits.empty() || !take('*')) {
      at_ = first;
      return std::nullopt;
    }
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error == std::errc() && end == digits.data() + digits.size()) return count;
    at_ = first;
    return 0;
  }
  std::int64_t number(const Field& field) {
    const std::size_t first = at_;
    const std::string_view digits = word();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty()) fail("a number in " + range_text(field));
    if (error != std::errc() || end != digits.data() + digits.size()) {
      throw std::invalid_argument("field " + field.name + ": '" + excerpt(digits) +
                                  "', expected a number in " + range_text(field) + at(first));
    }
    return value;
  }
  [[noreturn]] void fail(const std::string& expected) const {
    throw std::invalid_argument(place_ + field_ + ": expected " + expected + at(at_));
  }

 private:
  std::string_view rest() const { return line_.substr(at_); }
  std::string at(std::size_t position) const {
    const std::string_view rest = line_.substr(position);
    return " at character " + std::to_string(position + 1) +
           (rest.empty() ? ", the end of the line" : ": '" + excerpt(rest, 24) + "'");
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::string place_ = "case line";
  std::string field_;
};

// "N*" before an entry, which it repeats. More than any case has would only cost memory.
std::size_t parse_repeats(LineParser& parser) {
  constexpr std::size_t kMost = 4096;
  const std::optional<std::size_t> repeats = parser.repeats();
  if (!repeats) return 1;
  if (*repeats < 1 || *repeats > kMost) {
    parser.fail("a count from 1 to " + std::to_string(kMost) + " before '*'");
  }
  return *repeats;
}

std::vector<std::int64_t> parse_list(LineParser& parser, const Field& field) {
  std::vector<std::int64_t> values;
  const auto arity = static_cast<std::size_t>(field.arity);
  parser.want('[', "'['");
  if (parser.take(']')) return values;
  std::size_t repeats = 1;
  while (true) {
    if (values.size() % arity == 0) repeats = parse_repeats(parser);
    values.push_back(parser.number(field));
    if (values.size() % arity == 0) {
      const std::vector<std::int64_t> entry(values.end() - field.arity, values.end());
      for (; repeats > 1; --repeats) values.insert(values.end(), entry.begin(), entry.end());
    }
    const bool tuple_done = values.size() % arity == 0;
    if (!tuple_done) {
      parser.want(':', "':'");
    } else if (parser.take(']')) {
      return values;
    } else {
      parser.want(',', "',' or ']'");
    }
  }
}

std::string_view choice_of(const Field& field, std::string_view word, const Schema& schema) {
  for (const Schema::Renamed& renamed : schema.renamed) {
    if (renamed.old == field.name + "=" + std::string(word)) {
      throw std::invalid_argument("field " + field.name + " of op " + schema.op + ": '" +
                                  std::string(word) + "' is now spelled " + renamed.now);
    }
  }
  return word;
}

void parse_value(LineParser& parser, const Field& field, Case& c) {
  switch (field.kind) {
    case Field::Kind::integer:
      c.set(field.name, parser.number(field));
      break;
    case Field::Kind::choice:
      c.set(field.name, choice_of(field, parser.word(), c.schema()));
      break;
    case Field::Kind::list:
      c.set(field.name, parse_list(parser, field));
      break;
  }
}

const Schema& schema_of(std::string_view op, const std::vector<const Schema*>& schemas) {
  std::vector<std::string> known;
  for (const Schema* candidate : schemas) {
    if (candidate->op == op) return *candidate;
    known.push_back(candidate->op);
  }
  throw std::invalid_argument("op '" + excerpt(op) + "': " + expected_one_of(op, known));
}

const Field& field_of(const std::string& name, const Schema& schema) {
  std::vector<std::string> known;
  for (const Field& field : schema.fields) {
    if (field.name == name) return field;
    known.push_back(field.name);
  }
  for (const Schema::Renamed& renamed : schema.renamed) {
    if (renamed.old == name) {
      throw std::invalid_argument("field '" + name + "' of op " + schema.op + ": now spelled " +
                                  renamed.now);
    }
  }
  throw std::invalid_argument("field '" + excerpt(name) + "' of op " + schema.op + ": " +
                              expected_one_of(name, known));
}

Case parse_or_throw(std::string_view line, const std::vector<const Schema*>& schemas) {
  LineParser parser(line);
  // What stands where an op ought to be is shown, even if it is no word.
  const std::string_view word = parser.word();
  const Schema& schema = schema_of(word.empty() ? line.substr(0, line.find('(')) : word, schemas);
  parser.enter_op(schema.op);
  Case c(schema);
  std::set<std::string> given;
  parser.want('(', "'('");
  if (!parser.take(')')) {
    do {
      const std::string name(parser.word());
      if (name.empty()) parser.fail("the name of a field");
      const Field& field = field_of(name, schema);
      if (!given.insert(name).second) {
        throw std::invalid_argument("field " + name + " of op " + schema.op +
                                    ": given twice, expected once");
      }
      parser.enter_field(name);
      parser.want('=', "'='");
      parse_value(parser, field, c);
      parser.leave_field();
    } while (parser.take(','));
    parser.want(')', "',' or ')'");
  }
  if (!parser.done()) parser.fail("the end of the line");
  return c;
}

}  // namespace

ParsedCase parse_case(std::string_view line, const std::vector<const Schema*>& schemas) {
  try {
    return parse_or_throw(line, schemas);
  } catch (const std::invalid_argument& error) {
    return std::string(error.what());
  }
}

}  // namespace mlacheck
