#include "properties/decode_expansion/fields.hpp"

#include "properties/decode_expansion/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck::decode_expansion {
namespace {

TEST(DecodeExpansionFields, RoundTrip) {
  testing_support::expect_round_trips(model(), field_table());
}

}  // namespace
}  // namespace mlacheck::decode_expansion
