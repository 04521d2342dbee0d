#include "harness/core/case.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "harness/core/text.hpp"

namespace mlacheck {

Field Field::integer(std::string name, std::int64_t minimum, std::int64_t maximum,
                     std::int64_t fallback) {
  Field field;
  field.name = std::move(name);
  field.minimum = minimum;
  field.maximum = maximum;
  field.fallback = fallback;
  return field;
}

Field Field::choice(std::string name, std::vector<std::string> choices) {
  Field field;
  field.name = std::move(name);
  field.kind = Kind::choice;
  field.maximum = static_cast<std::int64_t>(choices.size()) - 1;
  field.choices = std::move(choices);
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

std::string Case::line() const {
  std::ostringstream text;
  text << op() << '(';
  const char* separator = "";
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const Field& field = schema_->fields[i];
    const std::vector<std::int64_t>& value = values_[i];
    if (field.kind == Field::Kind::list ? value.empty() : value.front() == field.fallback) continue;
    text << separator << field.name << '=';
    separator = ",";
    switch (field.kind) {
      case Field::Kind::integer:
        text << value.front();
        break;
      case Field::Kind::choice:
        text << field.choices[static_cast<std::size_t>(value.front())];
        break;
      case Field::Kind::list:
        text << '[';
        for (std::size_t k = 0; k < value.size(); ++k) {
          if (k > 0) text << (k % static_cast<std::size_t>(field.arity) == 0 ? ',' : ':');
          text << value[k];
        }
        text << ']';
        break;
    }
  }
  text << ')';
  return text.str();
}

namespace {

// Moves a number towards `target`: all the way, half way, one step.
std::vector<std::int64_t> towards(std::int64_t value, std::int64_t target) {
  std::vector<std::int64_t> candidates;
  if (value == target) return candidates;
  candidates.push_back(target);
  const std::int64_t half = target + (value - target) / 2;
  if (half != target && half != value) candidates.push_back(half);
  const std::int64_t quarter = value - (value - target) / 4;
  if (quarter != value && quarter != half) candidates.push_back(quarter);
  const std::int64_t step = value + (value > target ? -1 : 1);
  if (step != target && step != half && step != quarter) candidates.push_back(step);
  return candidates;
}

}  // namespace

std::vector<Case> simpler_cases(const Case& c) {
  std::vector<Case> candidates;
  const auto add = [&](std::size_t field, std::vector<std::int64_t> value) {
    candidates.push_back(c);
    candidates.back().values_[field] = std::move(value);
  };
  // Lists first: dropping a request simplifies more than any single extent does.
  for (std::size_t i = 0; i < c.values_.size(); ++i) {
    const Field& field = c.schema_->fields[i];
    const std::vector<std::int64_t>& value = c.values_[i];
    if (field.kind != Field::Kind::list || value.empty()) continue;
    const auto arity = static_cast<std::ptrdiff_t>(field.arity);
    const auto entries = static_cast<std::ptrdiff_t>(value.size()) / arity;
    for (std::ptrdiff_t drop = entries; drop >= 1; drop /= 2) {
      for (std::ptrdiff_t first = 0; first < entries; first += drop) {
        std::vector<std::int64_t> kept(value.begin(), value.begin() + first * arity);
        const std::ptrdiff_t after = std::min(entries, first + drop) * arity;
        kept.insert(kept.end(), value.begin() + after, value.end());
        add(i, std::move(kept));
      }
    }
  }
  for (std::size_t i = 0; i < c.values_.size(); ++i) {
    const Field& field = c.schema_->fields[i];
    const std::vector<std::int64_t>& value = c.values_[i];
    for (std::size_t k = 0; k < value.size(); ++k) {
      for (const std::int64_t candidate : towards(value[k], field.fallback)) {
        std::vector<std::int64_t> changed = value;
        changed[k] = candidate;
        add(i, std::move(changed));
      }
    }
  }
  return candidates;
}

}  // namespace mlacheck
