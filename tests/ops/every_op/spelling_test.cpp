// Spellings of earlier cases are refused with the new one.
#include <gtest/gtest.h>

#include "harness/subjects/ops.hpp"

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

// Heads, tokens and layouts are spelled the same by every op.
TEST(Spellings, AreTheSameForEveryOp) {
  for (const Schema* schema : all_schemas()) {
    for (const Field& field : schema->fields) {
      for (const char* other : {"B", "N", "L", "heads_first", "swapped", "row_gap", "fnuz"}) {
        EXPECT_FALSE(field.name == other || field.name.ends_with(std::string(".") + other))
            << schema->op << ": " << field.name;
      }
    }
  }
}

}  // namespace
}  // namespace mlacheck
