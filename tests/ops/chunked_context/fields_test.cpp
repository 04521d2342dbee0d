#include "properties/chunked_context/fields.hpp"

#include "properties/chunked_context/model.hpp"
#include "tests/support/field_tables.hpp"

namespace mlacheck {
namespace {

TEST(ChunkedContextFields, RoundTrip) {
  testing_support::expect_round_trips(chunked_context_model(), chunked_context::field_table());
}

}  // namespace
}  // namespace mlacheck
