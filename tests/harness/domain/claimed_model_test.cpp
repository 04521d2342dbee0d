#include "harness/domain/claimed_model.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

// Of each op: one that real kernels have.
struct Claim {
  const char* op;
  const char* domain;
};
const std::vector<Claim> kClaims{
    {"strided_bmm", "layout=dense align=16 V=64,128 dtype=bf16,f16"},
    {"merge_states", "layout=dense align=16 V%8 prefix_out.offset==suffix_out.offset"},
    {"chunked_context", "suffix_out.layout=dense H=1,2 dtype!=f32"},
    {"mla_decode", "q.layout=rows dtype=bf16 requests[1]>=1"},
    {"decode_expansion", "layout=rows"},
    {"flatten_quant", "x.layout=dense V=32,128"},
    {"quantized_bmm", "layout=rows"},
};

TEST(ClaimedModel, NothingOutsideIsDrawnDerivedOrShrunkTo) {
  for (const Claim& claim : kClaims) {
    const OpModel& whole = *find_op(claim.op)->model;
    const Domain domain(claim.domain, whole);
    const auto model = claimed_model(whole, domain);
    int twins = 0;
    int related = 0;
    for (std::uint64_t number = 0; number < 60; ++number) {
      Random random(7, number);
      const Case c = model->generate(random, {});
      ASSERT_EQ(model->inadmissible(c), "") << c.line();
      const Problem problem = model->materialise(c, "");
      EXPECT_EQ(domain.outside(c) + domain.outside(problem), "") << c.line();
      const Case twin = model->layout_twin(c);
      EXPECT_EQ(model->inadmissible(twin), "") << twin.line();
      twins += twin == c ? 0 : 1;
      for (const Relation& relation : model->relations(c, problem, random)) {
        if (!relation.outside.empty()) continue;
        ++related;
        EXPECT_EQ(domain.outside(relation.problem), "") << c.line() << " " << relation.name;
      }
      for (const Case& simpler : simpler_cases(c)) {
        if (model->inadmissible(simpler).empty()) {
          EXPECT_EQ(domain.outside(simpler), "") << simpler.line();
        }
      }
    }
    EXPECT_GT(twins, 30) << claim.op << ": dense operands can begin elsewhere";
    EXPECT_GT(related, 0) << claim.op;
  }
}

TEST(ClaimedModel, ARelationOfAnotherExtentIsOutsideWhereTheDomainLimitsIt) {
  const OpModel& whole = *find_op("merge_states")->model;
  const auto model = claimed_model(whole, Domain("T%4", whole));
  const Case c = std::get<Case>(parse_case("merge_states(T=4,V=3,H=2)", all_schemas()));
  int outside = 0;
  for (std::uint64_t number = 0; number < 20; ++number) {
    Random random(1, number);
    for (const Relation& relation : model->relations(c, model->materialise(c, ""), random)) {
      const Operand* const out = relation.problem.find("out");
      const bool four = out->layout.shape.front() % 4 == 0;
      EXPECT_EQ(relation.outside.empty(), four) << relation.name;
      outside += four ? 0 : 1;
    }
  }
  EXPECT_GT(outside, 0);
}

TEST(ClaimedModel, ATwinThatIsNoOtherLayoutIsTheCase) {
  const OpModel& whole = *find_op("strided_bmm")->model;
  const auto model =
      claimed_model(whole, Domain("layout=dense x.offset=0 w.offset=0 out.offset=0 x.pad=0 w.pad=0 "
                                  "out.pad=0 x.idle_stride=product w.idle_stride=product "
                                  "out.idle_stride=product",
                                  whole));
  const Case c = std::get<Case>(parse_case("strided_bmm(T=2,H=2,V=3)", all_schemas()));
  EXPECT_EQ(model->layout_twin(c), c);
  EXPECT_FALSE(whole.layout_twin(c) == c);
}

}  // namespace
}  // namespace mlacheck
