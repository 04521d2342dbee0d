#include "properties/merge_states/fields.hpp"

#include "properties/merge_states/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck::merge_states {
namespace {

TEST(MergeStatesFields, RoundTrip) { testing_support::expect_round_trips(model(), field_table()); }

}  // namespace
}  // namespace mlacheck::merge_states
