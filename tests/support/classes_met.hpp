// Which classes of inputs a list of cases meets: all choices of a schema, each integer away from
// its fallback, and what the test notes besides.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "harness/case/case.hpp"

namespace mlacheck::testing_support {

class ClassesMet {
 public:
  explicit ClassesMet(const Schema& schema) : schema_(schema) {
    for (const Field& field : schema.fields) {
      if (field.kind == Field::Kind::integer) met_[field.name + " set"] = false;
      for (const std::string& choice : field.choices) met_[field.name + "=" + choice] = false;
    }
  }

  void note(const Case& c) {
    for (const Field& field : schema_.fields) {
      if (field.kind == Field::Kind::choice) {
        met_[field.name + "=" + c.choice(field.name)] = true;
      } else if (field.kind == Field::Kind::integer && c.integer(field.name) != field.fallback) {
        met_[field.name + " set"] = true;
      }
    }
  }

  /// A class that some case must meet: one that never holds is a failure.
  void note(bool holds, const std::string& what) {
    const auto [at, added] = met_.try_emplace(what, holds);
    if (!added && holds) at->second = true;
  }

  void expect_all() const {
    for (const auto& [what, met] : met_) EXPECT_TRUE(met) << "no case with " << what;
  }

 private:
  const Schema& schema_;
  std::map<std::string, bool> met_;
};

}  // namespace mlacheck::testing_support
