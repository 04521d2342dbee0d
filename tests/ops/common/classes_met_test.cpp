// ClassesMet must complain of a class that no case meets: a list of classes that cannot fail is
// none.
#include "tests/support/classes_met.hpp"

#include <gtest/gtest-spi.h>

namespace mlacheck {
namespace {

using testing_support::ClassesMet;

// Notes cases of every class of the schema but the one left out.
ClassesMet met_without(const std::string& left_out) {
  static const Schema kSchema{
      "op", {Field::integer("T", 0, 9, 1), Field::choice("dtype", {"f32", "f16"})}};
  ClassesMet classes(kSchema);
  for (const Field& field : kSchema.fields) {
    Case c(kSchema);
    if (field.kind == Field::Kind::integer && field.name + " set" != left_out) {
      c.set(field.name, field.fallback == field.minimum ? field.minimum + 1 : field.minimum);
    }
    classes.note(c);
    for (const std::string& choice : field.choices) {
      if (field.name + "=" + choice != left_out) classes.note(c.set(field.name, choice));
    }
  }
  return classes;
}

TEST(ClassesMet, AreAllChoicesAndIntegers) {
  met_without("").expect_all();
  EXPECT_NONFATAL_FAILURE(met_without("T set").expect_all(), "no case with T set");
  EXPECT_NONFATAL_FAILURE(met_without("dtype=f16").expect_all(), "no case with dtype=f16");
}

TEST(ClassesMet, OneThatNeverHoldsIsAFailure) {
  ClassesMet classes = met_without("");
  classes.note(false, "sometimes");
  classes.note(true, "sometimes");
  classes.note(false, "sometimes");
  classes.expect_all();
  classes.note(false, "never");
  EXPECT_NONFATAL_FAILURE(classes.expect_all(), "no case with never");
}

}  // namespace
}  // namespace mlacheck
