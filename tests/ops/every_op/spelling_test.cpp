// Spellings of earlier cases are refused with the new one.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "harness/subjects/ops.hpp"
#include "tests/support/drawn_cases.hpp"

namespace mlacheck {
namespace {

std::string refusal_of(const std::string& line) {
  const ParsedCase parsed = parse_case(line, all_schemas());
  return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "accepted";
}

TEST(OldSpellings, NameTheNewOne) {
  int old = 0;
  for (const Schema* schema : all_schemas()) {
    for (const Schema::Renamed& renamed : schema->renamed) {
      ++old;
      const std::size_t equals = renamed.old.find('=');
      if (equals != std::string::npos) {
        EXPECT_EQ(refusal_of(schema->op + "(" + renamed.old + ")"),
                  "field " + renamed.old.substr(0, equals) + " of op " + schema->op + ": '" +
                      renamed.old.substr(equals + 1) + "' is now spelled " + renamed.now);
        EXPECT_EQ(parse_case(schema->op + "(" + renamed.now + ")", {schema}).index(), 0U);
        continue;
      }
      EXPECT_EQ(refusal_of(schema->op + "(" + renamed.old + "=1)"),
                "field '" + renamed.old + "' of op " + schema->op + ": now spelled " + renamed.now);
    }
  }
  EXPECT_GE(old, 100);
  EXPECT_EQ(refusal_of("strided_bmm(x.heads_first=1)"),
            "field 'x.heads_first' of op strided_bmm: now spelled x.order=HTL");
}

// What the message says to write is written with fields that the op has.
TEST(OldSpellings, LeadToFieldsOfTheOp) {
  for (const Schema* schema : all_schemas()) {
    for (const Schema::Renamed& renamed : schema->renamed) {
      const std::string field = renamed.now.substr(0, renamed.now.find_first_of("=, "));
      EXPECT_NO_THROW(static_cast<void>(schema->index_of(field))) << renamed.old;
      if (renamed.old.find('=') != std::string::npos) continue;
      EXPECT_THROW(static_cast<void>(schema->index_of(renamed.old)), std::out_of_range);
    }
  }
}

// One idea has one name in all ops: none of these is the name of a field, an operand or a scalar.
TEST(Spellings, AreTheSameForEveryOp) {
  std::map<std::string, std::string> places;  // by name
  for (const OpEntry& op : ops()) {
    const std::string& where = op.model->schema().op;
    for (const Field& field : op.model->schema().fields) places[field.name] = where;
    for (const Case& c : testing_support::drawn_cases(*op.model, 20)) {
      const Problem problem = op.model->materialise(c, "");
      for (const Operand& operand : problem.operands) places[operand.name] = where;
      for (const auto& [name, value] : problem.integers) places[name] = where;
    }
  }
  EXPECT_TRUE(places.contains("lse_out") && places.contains("splits"));
  for (const auto& [name, op] : places) {
    for (const std::string other : {"B", "D", "L", "N", "extra_rows", "fnuz", "heads_first", "lens",
                                    "lse_wanted", "num_splits", "qo_indptr", "row_gap", "seqs",
                                    "swapped", "table_extra", "weight_scale", "wider"}) {
      EXPECT_FALSE(name == other || name.ends_with("." + other) || name.starts_with(other + "."))
          << op << ": " << name;
    }
  }
}

}  // namespace
}  // namespace mlacheck
