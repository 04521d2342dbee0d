#include "properties/chunked_context/fields.hpp"

#include "properties/chunked_context/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck::chunked_context {
namespace {

TEST(ChunkedContextFields, RoundTrip) {
  testing_support::expect_round_trips(model(), field_table());
}

}  // namespace
}  // namespace mlacheck::chunked_context
