#include "harness/domain/claimed_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "harness/subjects/ops.hpp"
#include "harness/values/dtype.hpp"

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
    {"mla_decode", "page_map=block_table padding=0"},
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

// K13 stretches what no case has.
TEST(ClaimedModel, TermsOnFieldsSpeakOfStridesAndSizesBeyondThoseOfCases) {
  const OpModel& whole = *find_op("merge_states")->model;
  const auto strides = [&](const std::string& domain, const std::string& operand) {
    return claimed_model(whole, Domain(domain, whole))->term_on_strides(operand);
  };
  EXPECT_EQ(whole.term_on_strides("out"), "");
  EXPECT_EQ(strides("prefix_out.gap=0", "prefix_out"), "prefix_out.gap=0");
  EXPECT_EQ(strides("prefix_out.outer_gap<=16", "prefix_out"), "prefix_out.outer_gap<=16");
  EXPECT_EQ(strides("prefix_out.order=THV", "prefix_out"), "prefix_out.order=THV");
  for (const char* operand : {"prefix_out", "suffix_out"}) {
    EXPECT_EQ(strides("suffix_out.gap==prefix_out.gap", operand), "suffix_out.gap==prefix_out.gap");
  }
  EXPECT_EQ(strides("prefix_out.gap=0 prefix_out.offset=0", "out"), "");
  EXPECT_EQ(strides("prefix_out.offset=0 V=64", "prefix_out"), "");

  const auto claims = [&](const std::string& domain, std::int64_t tokens) {
    return claimed_model(whole, Domain(domain, whole))
        ->claims(whole.schema().index_of("T"), 0, tokens);
  };
  EXPECT_TRUE(whole.claims(0, 0, 1 << 30));
  EXPECT_TRUE(claims("T<=4096 V=64", 4096));
  EXPECT_FALSE(claims("T<=4096", 65536));
  EXPECT_FALSE(claims("T=1,2", 65536));
  EXPECT_FALSE(claims("V==T", 65536));
  EXPECT_TRUE(claims("V<=4096", 65536));
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

std::shared_ptr<const OpModel> claimed(const std::string& op, const std::string& domain) {
  const OpModel& whole = *find_op(op)->model;
  return claimed_model(whole, Domain(domain, whole));
}

Case case_of(const std::string& line) { return std::get<Case>(parse_case(line, all_schemas())); }

TEST(ClaimedModel, ACaseThatIsNoneOfTheOpIsOutsideToo) {
  const auto model = claimed("merge_states", "T=1");
  const Case near = model->nearest_claimed(case_of("merge_states(T=5,copied=2)"));
  EXPECT_NE(model->outside_domain(near), "")
      << near.line() << " has more copied tokens than tokens";
}

TEST(ClaimedModel, DenseOperandsKeepWhatIsNoLayout) {
  const Case scale = case_of("quantized_bmm(form=fp8,w_scale.value=zero)");
  const auto model = claimed("quantized_bmm", "layout=dense");
  EXPECT_EQ(model->nearest_claimed(scale), scale);
  EXPECT_EQ(model->layout_twin(scale).choice("w_scale.value"), "zero");
  // Rows that share memory cannot be dense: here the field has to give way.
  const auto bmm = claimed("strided_bmm", "layout=dense");
  const Case shared = case_of("strided_bmm(T=3,latent=4,x.rows=broadcast)");
  EXPECT_EQ(bmm->outside_domain(bmm->nearest_claimed(shared)), "");
}

TEST(ClaimedModel, ATwinChangesNothingButLayouts) {
  const auto model = claimed("strided_bmm", "T==x.gap");
  const Case c = case_of("strided_bmm(T=3,latent=4,x.gap=3)");
  ASSERT_EQ(model->outside_domain(c), "");
  EXPECT_EQ(model->layout_twin(c).integer("T"), 3);
}

TEST(ClaimedModel, FiniteValuesAreFinite) {
  for (const std::string op : {"strided_bmm", "merge_states", "chunked_context", "flatten_quant"}) {
    const auto model = claimed(op, "finite_values finite_dead_values");
    for (std::uint64_t number = 0; number < 150; ++number) {
      Random random(3, number);
      const Case c = model->generate(random, {});
      for (const Operand& operand : model->materialise(c, "").operands) {
        if (operand.layout.shape.size() != 3) continue;
        for (const std::uint32_t bits : operand.bits) {
          ASSERT_TRUE(std::isfinite(decode(operand.dtype, bits)))
              << operand.name << " " << c.line();
        }
      }
    }
  }
}

TEST(ClaimedModel, RelationsDoNotBringInWhatADomainExcludes) {
  const auto model = claimed("merge_states", "no_empty_row no_plus_infinity");
  const Case c = case_of("merge_states(T=4,copied=2)");
  int changed = 0;
  for (std::uint64_t number = 0; number < 60; ++number) {
    Random random(1, number);
    for (const Relation& relation : model->relations(c, model->materialise(c, ""), random)) {
      if (relation.name != "copied tokens as tokens with an empty prefix") continue;
      ++changed;
      EXPECT_NE(relation.outside, "");
    }
  }
  EXPECT_GT(changed, 0);
}

TEST(ClaimedModel, OnlyNumbersThatAllTermsAdmitAreAskedFor) {
  const Domain domain("V=72,200 V<=100", *find_op("merge_states")->model);
  ASSERT_EQ(domain.listed_values().size(), 1U);
  EXPECT_EQ(domain.listed_values().front().value, 72);
}

}  // namespace
}  // namespace mlacheck
