#include "properties/merge_states/fields.hpp"

#include "properties/merge_states/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck {
namespace {

TEST(MergeStatesFields, RoundTrip) {
  testing_support::expect_round_trips(merge_states_model(), merge_states::field_table());
}

}  // namespace
}  // namespace mlacheck
