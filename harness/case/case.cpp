#include "harness/case/case.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "harness/text/text.hpp"

namespace mlacheck {

Field Field::integer(std::string name, std::int64_t minimum, std::int64_t maximum,
                     std::int64_t fallback, std::string about) {
  Field field;
  field.name = std::move(name);
  field.minimum = minimum;
  field.maximum = maximum;
  field.fallback = fallback;
  field.about = std::move(about);
  return field;
}

Field Field::seed(std::string name) {
  Field field = integer(std::move(name), 0, 1 << 30, 0);
  field.is_seed = true;
  return field;
}

Field Field::choice(std::string name, std::vector<std::string> choices, std::string about) {
  Field field;
  field.name = std::move(name);
  field.kind = Kind::choice;
  field.maximum = static_cast<std::int64_t>(choices.size()) - 1;
  field.choices = std::move(choices);
  field.about = std::move(about);
  return field;
}

Field Field::list(std::string name, int arity, std::int64_t minimum, std::int64_t maximum) {
  Field field;
  field.name = std::move(name);
  field.kind = Kind::list;
  field.minimum = minimum;
  field.maximum = maximum;
  field.fallback = minimum;
  field.arity = arity;
  return field;
}

std::size_t Schema::index_of(std::string_view field) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field) return i;
  }
  throw std::out_of_range("op " + op + " has no field '" + std::string(field) + "'");
}

namespace {

std::string range_text(const Field& field) {
  return std::to_string(field.minimum) + ".." + std::to_string(field.maximum);
}

void check_range(const Field& field, std::int64_t value) {
  if (value < field.minimum || value > field.maximum) {
    throw std::invalid_argument("field " + field.name + ": " + std::to_string(value) +
                                ", expected " + range_text(field));
  }
}

void check_kind(const Schema& schema, const Field& field, Field::Kind kind) {
  if (field.kind != kind) {
    throw std::out_of_range("field " + field.name + " of op " + schema.op +
                            " is of another kind than asked for");
  }
}

}  // namespace

Case::Case(const Schema& schema) : schema_(&schema) {
  for (const Field& field : schema.fields) {
    values_.push_back(field.kind == Field::Kind::list ? std::vector<std::int64_t>{}
                                                      : std::vector<std::int64_t>{field.fallback});
  }
}

std::int64_t Case::integer(std::string_view field) const {
  const std::size_t i = schema_->index_of(field);
  check_kind(*schema_, schema_->fields[i], Field::Kind::integer);
  return values_[i].front();
}

const std::string& Case::choice(std::string_view field) const {
  const std::size_t i = schema_->index_of(field);
  check_kind(*schema_, schema_->fields[i], Field::Kind::choice);
  return schema_->fields[i].choices[static_cast<std::size_t>(values_[i].front())];
}

const std::vector<std::int64_t>& Case::list(std::string_view field) const {
  const std::size_t i = schema_->index_of(field);
  check_kind(*schema_, schema_->fields[i], Field::Kind::list);
  return values_[i];
}

Case& Case::set(std::string_view field, std::int64_t value) {
  const std::size_t i = schema_->index_of(field);
  check_kind(*schema_, schema_->fields[i], Field::Kind::integer);
  check_range(schema_->fields[i], value);
  values_[i] = {value};
  return *this;
}

Case& Case::set(std::string_view field, std::string_view choice) {
  const std::size_t i = schema_->index_of(field);
  const Field& description = schema_->fields[i];
  check_kind(*schema_, description, Field::Kind::choice);
  const auto found = std::find(description.choices.begin(), description.choices.end(), choice);
  if (found == description.choices.end()) {
    throw std::invalid_argument("field " + description.name + ": '" + excerpt(choice) + "', " +
                                expected_one_of(choice, description.choices));
  }
  values_[i] = {found - description.choices.begin()};
  return *this;
}

Case& Case::set(std::string_view field, std::vector<std::int64_t> values) {
  const std::size_t i = schema_->index_of(field);
  const Field& description = schema_->fields[i];
  check_kind(*schema_, description, Field::Kind::list);
  if (values.size() % static_cast<std::size_t>(description.arity) != 0) {
    throw std::invalid_argument("field " + description.name + ": " + std::to_string(values.size()) +
                                " numbers, expected tuples of " +
                                std::to_string(description.arity));
  }
  for (const std::int64_t value : values) check_range(description, value);
  values_[i] = std::move(values);
  return *this;
}

Case& Case::set_at(std::size_t field, std::vector<std::int64_t> value) {
  for (const std::int64_t number : value) check_range(schema_->fields[field], number);
  values_[field] = std::move(value);
  return *this;
}

namespace {

// Entries of `arity` numbers. Many equal ones in a row are written once: 118*1:100.
std::string list_text(const std::vector<std::int64_t>& value, std::size_t arity) {
  constexpr std::size_t kMany = 8;
  std::string text = "[";
  for (std::size_t first = 0; first < value.size();) {
    std::size_t count = 1;
    const auto entry = value.begin() + static_cast<std::ptrdiff_t>(first);
    const auto size = static_cast<std::ptrdiff_t>(arity);
    while (first + (count + 1) * arity <= value.size() &&
           std::equal(entry, entry + size, entry + size * static_cast<std::ptrdiff_t>(count))) {
      ++count;
    }
    if (count < kMany) count = 1;
    if (first > 0) text += ',';
    if (count > 1) text += std::to_string(count) + '*';
    for (std::size_t part = 0; part < arity; ++part) {
      text += (part == 0 ? "" : ":") + std::to_string(value[first + part]);
    }
    first += count * arity;
  }
  return text + ']';
}

std::string field_text(const Field& field, const std::vector<std::int64_t>& value) {
  std::ostringstream text;
  text << field.name << '=';
  switch (field.kind) {
    case Field::Kind::integer:
      text << value.front();
      break;
    case Field::Kind::choice:
      text << field.choices[static_cast<std::size_t>(value.front())];
      break;
    case Field::Kind::list:
      text << list_text(value, static_cast<std::size_t>(field.arity));
      break;
  }
  return text.str();
}

}  // namespace

std::string Case::line() const {
  std::string text = op() + "(";
  const char* separator = "";
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const Field& field = schema_->fields[i];
    const std::vector<std::int64_t>& value = values_[i];
    if (field.kind == Field::Kind::list ? value.empty() : value.front() == field.fallback) continue;
    text += separator + field_text(field, value);
    separator = ",";
  }
  return text + ")";
}

Case& Case::copy(std::string_view field, const Case& from) {
  const std::size_t index = schema_->index_of(field);
  values_[index] = from.values_[index];
  return *this;
}

std::string Case::difference(const Case& other) const {
  std::string text;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i] == other.values_[i]) continue;
    text += (text.empty() ? "" : ",") + field_text(schema_->fields[i], values_[i]);
  }
  return text;
}

std::optional<Case> reseeded(const Case& c) {
  for (std::size_t i = 0; i < c.schema().fields.size(); ++i) {
    const Field& field = c.schema().fields[i];
    if (!field.is_seed || field.name != "seed") continue;
    const std::int64_t seed = c.value_at(i).front();
    return Case(c).set_at(i, {seed == 0 ? 1 : seed - 1});
  }
  return std::nullopt;
}

}  // namespace mlacheck
