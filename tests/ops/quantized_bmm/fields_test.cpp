#include "properties/quantized_bmm/fields.hpp"

#include "properties/quantized_bmm/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck::quantized_bmm {
namespace {

TEST(QuantizedBmmFields, RoundTrip) { testing_support::expect_round_trips(model(), field_table()); }

}  // namespace
}  // namespace mlacheck::quantized_bmm
