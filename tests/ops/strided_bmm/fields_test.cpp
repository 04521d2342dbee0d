#include "properties/strided_bmm/fields.hpp"

#include "properties/strided_bmm/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck::strided_bmm {
namespace {

TEST(StridedBmmFields, RoundTrip) { testing_support::expect_round_trips(model(), field_table()); }

}  // namespace
}  // namespace mlacheck::strided_bmm
