// The host routines of decode_expansion on the CPU backends: refusals, domains and cost.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/decode_expansion/model.hpp"
#include "reference/decode_expansion/consumer.hpp"
#include "reference/decode_expansion/oracle.hpp"
#include "tests/support/refusals.hpp"

namespace mlacheck::decode_expansion {
namespace {

using Integers = std::vector<std::int64_t>;

using testing_support::expect_refusals;
using testing_support::integer;
using testing_support::laid_on;
using testing_support::PlacedCall;
using testing_support::Spoiled;
using testing_support::tensor;

struct Named {
  std::string name;  // "cpu.w32 generic"
  Subject subject;
};

std::vector<Named> cpu_subjects(std::string_view variant = "") {
  std::vector<Named> found;
  for (const SubjectTable& table : bundled_subjects()) {
    if (table.op != "decode_expansion" || table.backend.rfind("cpu.", 0) != 0) continue;
    for (const Subject& subject : table.subjects) {
      if (!variant.empty() && subject.variant != variant) continue;
      found.push_back({table.backend + " " + subject.variant, subject});
    }
  }
  return found;
}

Case three_requests() {
  Case c(model().schema());
  c.set("requests", Integers{3, 10, 3, 7, 3, 12}).set("W", 12).set("padding", 2);
  c.set("spare_columns", 1).set("spare_rows", 2).set("expanded_block_table.gap", 3);
  return c;
}

Problem problem_of(const Case& c) { return model().materialise(c, "generic"); }

std::vector<Spoiled> spoiled_tensors() {
  std::vector<Spoiled> all;
  for (const char* name : {"seq_lens", "block_table", "decode_lens", "query_start_loc",
                           "expanded_seq_lens", "expanded_block_table", "expanded_decode_lens"}) {
    all.push_back(
        tensor(name, [](Tensor& t) { t.stride[static_cast<std::size_t>(t.rank - 1)] = 2; }));
  }
  for (const char* name : {"block_table", "decode_lens", "query_start_loc"}) {
    all.push_back(tensor(name, [](Tensor& t) { --t.shape[0]; }));
  }
  for (const std::string name :
       {"expanded_seq_lens", "expanded_block_table", "expanded_decode_lens"}) {
    all.push_back(
        {name, [name](PlacedCall& p) { p.tensors[name].shape[0] = p.integers["tokens"] - 1; }});
    for (const std::string input : {"seq_lens", "block_table", "decode_lens", "query_start_loc"}) {
      all.push_back({name, [name, input](PlacedCall& p) {
                       p.tensors[name].data = p.tensors[input].as<std::int32_t>() + 1;
                     }});
    }
  }
  return all;
}

std::vector<Spoiled> spoiled_values() {
  return {
      integer("tokens", -1),
      integer("tokens", 8),  // three requests of three tokens are nine
      integer("tokens", std::int64_t{1} << 31),
      integer("max_decode_len", -1),
      integer("max_decode_len", std::int64_t{1} << 31),
      integer("min_decode_len", -1),
      integer("min_decode_len", 4),
      integer("decode_tokens", 8),
      integer("decode_tokens", 10),
      integer("lens_exact", 2),
      integer("lens_exact", -1),
      tensor("expanded_block_table", [](Tensor& t) { t.shape[1] = 11; }),
      tensor("expanded_block_table", [](Tensor& t) { t.stride[0] = 12; }),
      laid_on("expanded_decode_lens", "expanded_seq_lens"),
      laid_on("expanded_block_table", "expanded_seq_lens"),
  };
}

TEST(DecodeExpansionHost, RefusesBadArgumentsByName) {
  std::vector<Spoiled> all = spoiled_tensors();
  for (Spoiled& one : spoiled_values()) all.push_back(std::move(one));
  expect_refusals(model(), three_requests(), all);
}

TEST(DecodeExpansionHost, UniformRefusesStepsOutsideItsDomain) {
  Case ragged = three_requests();
  ragged.set("requests", Integers{3, 10, 1, 7, 3, 12});
  Case adaptive = three_requests();
  adaptive.set("device_tokens", Integers{3, 1});
  const std::vector<Named> subjects = cpu_subjects("uniform");
  ASSERT_EQ(subjects.size(), 2U);
  for (const Named& named : subjects) {
    for (const auto& [c, reason] :
         {std::pair{ragged, "from 1 to 3"}, std::pair{adaptive, "lens_exact is 0"}}) {
      SCOPED_TRACE(named.name + ": " + c.line());
      PlacedCall placed(problem_of(c));
      PlainContext context;
      const Status status = named.subject.run(placed.call(), context);
      EXPECT_EQ(status.code(), StatusCode::unsupported);
      EXPECT_EQ(status.message().rfind("uniform: ", 0), 0U) << status.message();
      EXPECT_NE(status.message().find(reason), std::string::npos) << status.message();
      EXPECT_TRUE(context.launches().empty());
      EXPECT_TRUE(placed.untouched());
    }
  }
}

TEST(DecodeExpansionHost, LaunchesAndAllocations) {
  for (const Named& named : cpu_subjects()) {
    SCOPED_TRACE(named.name);
    const bool uniform = named.subject.variant == "uniform";
    PlacedCall placed(problem_of(three_requests()));
    PlainContext context;
    ASSERT_TRUE(named.subject.run(placed.call(), context).ok());
    EXPECT_EQ(context.launches().size(), uniform ? 1U : 3U);
    EXPECT_EQ(context.allocations(), uniform ? 0 : 2);

    // Without tokens there is nothing to do, and nothing is touched.
    PlacedCall empty(problem_of(Case(model().schema())));
    PlainContext idle;
    ASSERT_TRUE(named.subject.run(empty.call(), idle).ok());
    EXPECT_TRUE(idle.launches().empty());
    EXPECT_EQ(idle.allocations(), 0);
    EXPECT_TRUE(empty.untouched());
  }
}

View view_of(const PlacedCall& placed) {
  const Problem& problem = placed.problem();
  View view;
  view.rows = problem.integer("tokens");
  view.columns = problem.operand("block_table").layout.shape[1];
  view.row_pitch = problem.operand("expanded_block_table").layout.shape[1];
  view.page_size = problem.integer("page_size");
  view.pool_pages = problem.integer("pool_pages");
  view.seq_lens = placed.bits("expanded_seq_lens");
  view.block_table = placed.bits("expanded_block_table");
  return view;
}

TEST(DecodeExpansionHost, NoRowSendsItsConsumerAstray) {
  std::vector<Case> cases = required_cases("decode_expansion");
  for (std::uint64_t i = 0; i < 100; ++i) {
    Random random(21, i);
    cases.push_back(model().generate(random, {}));
  }
  for (const Named& named : cpu_subjects()) {
    int consumed = 0;
    for (const Case& c : cases) {
      SCOPED_TRACE(named.name + ": " + c.line());
      PlacedCall placed(problem_of(c));
      PlainContext context;
      const Status status = named.subject.run(placed.call(), context);
      if (status.code() == StatusCode::unsupported) continue;
      ASSERT_TRUE(status.ok()) << status.message();
      EXPECT_EQ(consumer_faults(view_of(placed)), std::vector<std::string>{});
      ++consumed;
    }
    EXPECT_GT(consumed, 70);
  }
}

TEST(DecodeExpansionHost, TheConsumerSeesAnExpansionWithoutClamp) {
  Case c = three_requests();
  c.set("requests", Integers{3, 10, 3, 1, 3, 12});
  for (const Named& named : cpu_subjects()) {
    SCOPED_TRACE(named.name);
    PlacedCall placed(problem_of(c));
    PlainContext context;
    ASSERT_TRUE(named.subject.run(placed.call(), context).ok());
    View view = view_of(placed);
    EXPECT_TRUE(consumer_faults(view).empty());
    ASSERT_EQ(view.seq_lens[3], 0U);
    view.seq_lens[3] = static_cast<std::uint32_t>(1 - 3 + 0 + 1);
    EXPECT_EQ(consumer_faults(view).size(), 1U);
  }
}

}  // namespace
}  // namespace mlacheck::decode_expansion
