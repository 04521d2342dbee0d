#include "properties/strided_bmm/fields.hpp"

#include "properties/strided_bmm/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck {
namespace {

TEST(StridedBmmFields, RoundTrip) {
  testing_support::expect_round_trips(strided_bmm_model(), strided_bmm::field_table());
}

}  // namespace
}  // namespace mlacheck
