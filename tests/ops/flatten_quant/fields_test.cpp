#include "properties/flatten_quant/fields.hpp"

#include "properties/flatten_quant/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck {
namespace {

TEST(FlattenQuantFields, RoundTrip) {
  testing_support::expect_round_trips(flatten_quant_model(), flatten_quant::field_table());
}

}  // namespace
}  // namespace mlacheck
