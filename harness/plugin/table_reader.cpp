#include "harness/plugin/table_reader.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "harness/op/numerics.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// A longer name is taken for memory that holds something else.
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestDomain = 4000;

}  // namespace

// `place` names what has been read so far, so that each message can begin with it.
TableReader::TableReader(const mlacheck_table& table) {
  place_ = "table of op " + text(table.op, "op");
  place_ += " for " + text(table.backend, "backend");
}

void TableReader::refuse(const std::string& field, const std::string& value,
                         const std::string& expected) const {
  throw std::invalid_argument(place_ + ": " + field + " is " + value + " where " + expected);
}

std::string TableReader::text(const char* value, const char* field) const {
  if (value == nullptr || *value == '\0') {
    refuse(field, value == nullptr ? "null" : "empty", "a name is needed");
  }
  const std::string name(value, strnlen(value, kLongestName + 1));
  if (name.size() > kLongestName) {
    refuse(field, '\'' + excerpt(name) + '\'',
           "a name of at most " + std::to_string(kLongestName) + " bytes is needed");
  }
  return printable_line(name);
}

std::string TableReader::optional_text(const char* value, const char* field) const {
  return value == nullptr || *value == '\0' ? "" : text(value, field);
}

std::string TableReader::domain(const char* value) const {
  const std::string terms(value, strnlen(value, kLongestDomain + 1));
  if (terms.size() > kLongestDomain) {
    refuse("subjects.domain", '\'' + excerpt(terms) + '\'',
           "terms of at most " + std::to_string(kLongestDomain) + " bytes are needed");
  }
  return printable_line(terms);
}

std::int32_t TableReader::one_of(const std::string& field, std::int32_t value,
                                 std::initializer_list<std::int32_t> known) const {
  if (std::find(known.begin(), known.end(), value) != known.end()) return value;
  std::string expected = "one of";
  for (const std::int32_t choice : known) expected += " " + std::to_string(choice);
  refuse(field, std::to_string(value), expected + " is needed");
}

void TableReader::zero(const char* field, std::int32_t value) const {
  if (value != 0) refuse(field, std::to_string(value), "0 is needed: it is reserved");
}

std::int32_t TableReader::digits(const std::string& field, std::int32_t value,
                                 std::int32_t otherwise, std::int32_t least) const {
  if (value == 0) return otherwise;
  if (value >= least && value <= 53) return value;
  refuse(field, std::to_string(value),
         "0 or a number of bits from " + std::to_string(least) + " to 53 is needed");
}

std::int32_t TableReader::digits_or_those_of_the_type(const std::string& field, std::int32_t value,
                                                      std::int32_t otherwise,
                                                      std::int32_t least) const {
  return value == -1 ? Numerics::kOfElementType : digits(field, value, otherwise, least);
}

double TableReader::number(const std::string& field, double value, double most,
                           const std::string& expected) const {
  if (value >= 0 && value <= most) return value;
  refuse(field, std::to_string(value), expected + " is needed");
}

}  // namespace mlacheck
