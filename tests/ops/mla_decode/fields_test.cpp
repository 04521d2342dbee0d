#include "properties/mla_decode/fields.hpp"

#include "properties/mla_decode/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck::mla_decode {
namespace {

TEST(MlaDecodeFields, RoundTrip) { testing_support::expect_round_trips(model(), field_table()); }

}  // namespace
}  // namespace mlacheck::mla_decode
