#include "properties/mla_decode/fields.hpp"

#include "properties/mla_decode/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck {
namespace {

TEST(MlaDecodeFields, RoundTrip) {
  testing_support::expect_round_trips(mla_decode_model(), mla_decode::field_table());
}

}  // namespace
}  // namespace mlacheck
