#include "properties/flatten_quant/fields.hpp"

#include "properties/flatten_quant/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck::flatten_quant {
namespace {

TEST(FlattenQuantFields, RoundTrip) { testing_support::expect_round_trips(model(), field_table()); }

}  // namespace
}  // namespace mlacheck::flatten_quant
