#include "properties/decode_expansion/fields.hpp"

#include "properties/decode_expansion/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck {
namespace {

TEST(DecodeExpansionFields, RoundTrip) {
  testing_support::expect_round_trips(decode_expansion_model(), decode_expansion::field_table());
}

}  // namespace
}  // namespace mlacheck
