// The fields of an op's cases, bound once to the members of a plain struct: name, range and, from
// the member's own initializer, the simplest value. Everything that speaks to people or to other
// programs sees a Case; a model sees the struct, in which a misspelt field does not compile.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/op/random.hpp"
#include "harness/values/dtype.hpp"
#include "harness/values/enum_names.hpp"
#include "properties/common/layout_fields.hpp"
#include "properties/common/meanings.hpp"

namespace mlacheck {

template <class Fields>
class FieldTable {
 public:
  explicit FieldTable(std::string op) { schema_.op = std::move(op); }

  FieldTable& integer(std::string name, std::int64_t Fields::* member, std::int64_t least,
                      std::int64_t most) {
    return add(
        Field::integer(std::move(name), least, most, Fields{}.*member),
        [member](const Fields& fields) { return Numbers{fields.*member}; },
        [member](Fields& fields, const Numbers& value) { fields.*member = value.front(); });
  }

  /// An integer that is a size; `largest` is that of real models. Cases with a large one are drawn.
  FieldTable& extent(std::string name, std::int64_t Fields::* member, std::int64_t least,
                     std::int64_t most, std::int64_t largest) {
    integer(std::move(name), member, least, most);
    return sizes({largest});
  }

  /// Of the list that was added last: largest number of entries in real models, then the largest of
  /// each part of an entry; 0 for one that is no size.
  FieldTable& sizes(std::vector<std::int64_t> largest) {
    schema_.fields.back().largest = std::move(largest);
    return *this;
  }

  /// Of the field that was added last, an integer or a list: what K13 sets it to (Field::far), indices that
  /// narrow types do not hold.
  FieldTable& far(std::vector<std::int64_t> values) {
    schema_.fields.back().far = std::move(values);
    return *this;
  }

  /// A number that only starts a random sequence.
  FieldTable& seed(std::string name, std::int64_t Fields::* member) {
    return add(
        Field::seed(std::move(name)),
        [member](const Fields& fields) { return Numbers{fields.*member}; },
        [member](Fields& fields, const Numbers& value) { fields.*member = value.front(); });
  }

  /// What the field means that was added last, in a few words, with its unit; for fields of names that
  /// several ops have, common_meaning() says it.
  FieldTable& about(std::string meaning) {
    schema_.fields.back().about = std::move(meaning);
    return *this;
  }

  /// Printed as 0 or 1.
  FieldTable& flag(std::string name, bool Fields::* member) {
    return add(
        Field::integer(std::move(name), 0, 1, Fields{}.*member ? 1 : 0),
        [member](const Fields& fields) { return Numbers{fields.*member ? 1 : 0}; },
        [member](Fields& fields, const Numbers& value) { fields.*member = value.front() != 0; });
  }

  /// An enum, printed by the names of its enumerators.
  template <class E>
  FieldTable& choice(const std::string& name, E Fields::* member) {
    std::vector<std::pair<std::string, E>> options;
    for (const E value : EnumNames<E>::values())
      options.emplace_back(EnumNames<E>::of(value), value);
    return one_of(name, member, options);
  }

  FieldTable& dtype(const std::string& name, DType Fields::* member,
                    const std::vector<DType>& types) {
    std::vector<std::pair<std::string, DType>> options;
    for (const DType type : types) options.emplace_back(name_of(type), type);
    return one_of(name, member, options);
  }

  /// One of a few values, each with the word that it is printed as.
  template <class T>
  FieldTable& one_of(const std::string& name, T Fields::* member,
                     const std::vector<std::pair<std::string, T>>& options) {
    std::vector<std::string> words;
    for (const auto& option : options) words.push_back(option.first);
    const auto position = [name, options](const T& value) {
      for (std::size_t i = 0; i < options.size(); ++i) {
        if (options[i].second == value) return static_cast<std::int64_t>(i);
      }
      throw std::invalid_argument("field " + name + " holds none of its values");
    };
    Field field = Field::choice(name, std::move(words));
    field.fallback = position(Fields{}.*member);
    return add(
        std::move(field),
        [member, position](const Fields& fields) { return Numbers{position(fields.*member)}; },
        [member, options](Fields& fields, const Numbers& value) {
          fields.*member = options[static_cast<std::size_t>(value.front())].second;
        });
  }

  FieldTable& list(std::string name, std::vector<std::int64_t> Fields::* member, std::int64_t least,
                   std::int64_t most) {
    return add(
        Field::list(std::move(name), 1, least, most),
        [member](const Fields& fields) { return fields.*member; },
        [member](Fields& fields, const Numbers& value) { fields.*member = value; });
  }

  /// Tuples: `parts` are the members of one, in the order in which they are printed.
  template <class Tuple>
  FieldTable& list(std::string name, std::vector<Tuple> Fields::* member,
                   const std::vector<std::int64_t Tuple::*>& parts, std::int64_t least,
                   std::int64_t most) {
    return add(
        Field::list(std::move(name), static_cast<int>(parts.size()), least, most),
        [member, parts](const Fields& fields) {
          Numbers numbers;
          for (const Tuple& tuple : fields.*member) {
            for (const auto part : parts) numbers.push_back(tuple.*part);
          }
          return numbers;
        },
        [member, parts](Fields& fields, const Numbers& value) {
          (fields.*member).assign(value.size() / parts.size(), Tuple{});
          for (std::size_t i = 0; i < value.size(); ++i) {
            (fields.*member)[i / parts.size()].*parts[i % parts.size()] = value[i];
          }
        });
  }

  /// The layout of operand `name`: fields "x.gap", "x.offset" and so on, as its kind has them.
  FieldTable& layout(const std::string& name, LayoutFields Fields::* member,
                     const LayoutKind& kind) {
    for (LayoutPart& part : layout_parts(kind)) {
      part.field.name = name + "." + part.field.name;
      add(
          std::move(part.field),
          [member, get = std::move(part.get)](const Fields& fields) {
            return Numbers{get(fields.*member)};
          },
          [member, set = std::move(part.set)](Fields& fields, const Numbers& value) {
            set(fields.*member, value.front());
          });
    }
    layouts_.push_back({member, kind});
    return *this;
  }

  /// What subjects of the op are known to ask of their callers, as terms of a domain.
  FieldTable& precondition(std::string name, std::string about, std::vector<std::string> terms) {
    schema_.preconditions.push_back({std::move(name), std::move(about), std::move(terms)});
    return *this;
  }

  /// A spelling of earlier cases, and what to write instead.
  FieldTable& renamed(std::string old, std::string now) {
    schema_.renamed.push_back({std::move(old), std::move(now)});
    return *this;
  }

  const Schema& schema() const { return schema_; }

  Fields fields(const Case& c) const {
    Fields fields;
    for (std::size_t i = 0; i < bindings_.size(); ++i) bindings_[i].set(fields, c.value_at(i));
    return fields;
  }

  /// The table must outlive the case. Throws std::invalid_argument naming a field out of its range.
  Case to_case(const Fields& fields) const {
    Case c(schema_);
    for (std::size_t i = 0; i < bindings_.size(); ++i) c.set_at(i, bindings_[i].get(fields));
    return c;
  }

  /// Draws the layout of every operand.
  void draw_layouts(Random& random, Fields& fields) const {
    for (const Laid& laid : layouts_) fields.*laid.member = draw_layout(random, laid.kind);
  }

  /// The same with every layout field changed.
  Fields with_other_layouts(Fields fields) const {
    std::int64_t salt = 0;
    for (const Laid& laid : layouts_) {
      fields.*laid.member = twin_of(fields.*laid.member, laid.kind, salt++);
    }
    return fields;
  }

 private:
  using Numbers = std::vector<std::int64_t>;
  struct Binding {
    std::function<Numbers(const Fields&)> get;
    std::function<void(Fields&, const Numbers&)> set;
  };
  struct Laid {
    LayoutFields Fields::* member;
    LayoutKind kind;
  };

  FieldTable& add(Field field, std::function<Numbers(const Fields&)> get,
                  std::function<void(Fields&, const Numbers&)> set) {
    if (field.about.empty()) field.about = common_meaning(field.name);
    schema_.fields.push_back(std::move(field));
    bindings_.push_back({std::move(get), std::move(set)});
    return *this;
  }

  Schema schema_;
  std::vector<Binding> bindings_;  // one for each field of the schema
  std::vector<Laid> layouts_;
};

}  // namespace mlacheck
