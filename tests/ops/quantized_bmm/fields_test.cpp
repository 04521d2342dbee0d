#include "properties/quantized_bmm/fields.hpp"

#include "properties/quantized_bmm/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck {
namespace {

TEST(QuantizedBmmFields, RoundTrip) {
  testing_support::expect_round_trips(quantized_bmm_model(), quantized_bmm::field_table());
}

}  // namespace
}  // namespace mlacheck
