// What holds for the cases of every op: the generator draws none that its own op refuses, their
// layout twins neither, each line parses back to the same case, and a twin is the same problem.
#include <gtest/gtest.h>

#include <stdexcept>

#include "harness/subjects/bundled_cases.hpp"
#include "harness/subjects/tiles.hpp"
#include "tests/support/drawn_cases.hpp"
#include "tests/support/every_op.hpp"

namespace mlacheck {
namespace {

using testing_support::models;
using testing_support::op_of;

class OpCases : public testing::TestWithParam<const OpModel*> {};

TEST_P(OpCases, DrawnAndRequiredOnesAreAdmissible) {
  const OpModel& model = *GetParam();
  std::vector<Case> cases = testing_support::drawn_cases(model, 500);
  const std::vector<Case>& required = required_cases(model.schema().op);
  cases.insert(cases.end(), required.begin(), required.end());
  cases.emplace_back(model.schema());
  for (const Case& c : cases) {
    EXPECT_EQ(model.inadmissible(c), "") << c.line();
    EXPECT_EQ(model.inadmissible(model.layout_twin(c)), "") << c.line();
    const ParsedCase parsed = parse_case(c.line(), {&model.schema()});
    ASSERT_TRUE(std::holds_alternative<Case>(parsed)) << c.line();
    EXPECT_EQ(std::get<Case>(parsed), c);
  }
}

void expect_same_problem(const Operand& a, const Operand& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.layout.shape, b.layout.shape) << a.name;
  EXPECT_NE(a.layout.offset, b.layout.offset) << a.name;
  EXPECT_EQ(a.bits, b.bits) << a.name;
  EXPECT_EQ(a.cells, b.cells) << a.name;
  const auto elements = static_cast<std::size_t>(a.layout.elements());
  EXPECT_EQ(a.bits.size(), a.access == Access::output ? 0 : elements) << a.name;
  EXPECT_TRUE(a.cells.empty() || a.cells.size() == elements) << a.name;
}

// A model may say that one problem serves all variants; where it says nothing, each has its own.
TEST_P(OpCases, RulesAreTheSameForAllVariantsWhereTheModelSaysSo) {
  const OpModel& model = *GetParam();
  const std::vector<Case> cases = testing_support::drawn_cases(model, 200);
  const std::vector<Subject> subjects = testing_support::cpu_subjects(model.schema().op).subjects;
  bool all_same = true;
  for (const Case& c : cases) {
    const Problem first = model.materialise(c, subjects.front().contract_name());
    for (const Subject& subject : subjects) {
      const Problem other = model.materialise(c, subject.contract_name());
      ASSERT_EQ(first.operands.size(), other.operands.size());
      for (std::size_t i = 0; i < first.operands.size(); ++i) {
        all_same = all_same && first.operands[i].cells == other.operands[i].cells &&
                   first.operands[i].access == other.operands[i].access;
      }
    }
  }
  EXPECT_EQ(model.same_rules_for_all_variants(), all_same);
}

class OpTwins : public testing::TestWithParam<const OpModel*> {};

TEST_P(OpTwins, DifferInLayoutAndAgreeInContents) {
  const OpModel& model = *GetParam();
  std::vector<Case> cases = testing_support::drawn_cases(model, 200);
  cases.emplace_back(model.schema());
  for (const Subject& subject : testing_support::cpu_subjects(model.schema().op).subjects) {
    for (const Case& c : cases) {
      SCOPED_TRACE(subject.variant + ": " + c.line());
      const Case twin = model.layout_twin(c);
      ASSERT_FALSE(twin == c);
      const Problem one = model.materialise(c, subject.contract_name());
      const Problem two = model.materialise(twin, subject.contract_name());
      EXPECT_EQ(one.integers, two.integers);
      ASSERT_EQ(one.operands.size(), two.operands.size());
      for (std::size_t i = 0; i < one.operands.size(); ++i) {
        expect_same_problem(one.operands[i], two.operands[i]);
      }
    }
  }
}

// What no worker could hold is refused by the op, not by the memory of the machine.
class OpLimits : public testing::TestWithParam<const OpModel*> {};

std::int64_t storage_of(const Problem& problem) {
  std::int64_t elements = 0;
  for (const Operand& operand : problem.operands) elements += operand.layout.storage;
  return elements;
}

// Sizes and gaps anywhere in their ranges, large ones as often as small ones.
Case scattered_case(const OpModel& model, Random& random) {
  Case c(model.schema());
  for (const Field& field : model.schema().fields) {
    if (field.kind == Field::Kind::integer) {
      const std::int64_t range = field.maximum - field.minimum;
      c.set(field.name, field.minimum + (range == 0 ? 0 : random.log_uniform(1, range + 1) - 1));
    } else if (field.kind == Field::Kind::list) {
      std::vector<std::int64_t> entries;
      for (std::int64_t i = random.between(0, 6) * field.arity; i > 0; --i) {
        entries.push_back(random.between(field.minimum, field.maximum));
      }
      c.set(field.name, std::move(entries));
    }
  }
  return c;
}

TEST_P(OpLimits, WhateverIsAdmissibleIsSmallEnoughToHold) {
  const OpModel& model = *GetParam();
  Random random(5, 1);
  int admissible = 0;
  for (int i = 0; i < 3000 && admissible < 4; ++i) {
    const Case c = scattered_case(model, random);
    if (!model.inadmissible(c).empty()) continue;
    ++admissible;
    EXPECT_LE(storage_of(model.materialise(c, "")), (1 << 25) + (1 << 16)) << c.line();
  }
  EXPECT_EQ(admissible, 4);
}

TEST_P(OpLimits, EveryFieldAtItsLargestIsTooMuch) {
  const OpModel& model = *GetParam();
  Case c(model.schema());
  for (const Field& field : model.schema().fields) {
    if (field.kind == Field::Kind::integer && field.name != "copied" && field.name != "tail") {
      c.set(field.name, field.maximum);
    } else if (field.kind == Field::Kind::list) {
      c.set(field.name,
            std::vector<std::int64_t>(static_cast<std::size_t>(6 * field.arity), field.maximum));
    }
  }
  EXPECT_NE(model.inadmissible(c), "") << c.line();
}

TEST(CaseLimits, AreNamed) {
  const auto reason = [](const char* line) {
    const ParsedCase parsed = parse_case(line, all_schemas());
    const Case& c = std::get<Case>(parsed);
    return find_op(c.op())->model->inadmissible(c);
  };
  const std::string storage = "more than 2^25 elements of storage, gaps included";
  const std::string products = "more than 2^31 products";
  EXPECT_EQ(reason("strided_bmm(T=4096,H=256,latent=8192,V=4096)"), products);
  EXPECT_EQ(reason("strided_bmm(T=2048,latent=8192,V=2048)"), products);
  EXPECT_EQ(reason("strided_bmm(T=4096,H=256,x.gap=4096)"), storage);
  EXPECT_EQ(reason("merge_states(T=100000,H=256,V=2048)"), storage);
  EXPECT_EQ(reason("merge_states(T=100000,H=256,V=0)"), storage);
  EXPECT_EQ(reason("merge_states(T=100000,lse_out.order=TH,lse_out.gap=4096)"), storage);
  EXPECT_EQ(reason("chunked_context(chunks=33,requests=[4096:1],H=16,V=128)"), storage);
  EXPECT_EQ(reason("mla_decode(requests=[0:8192,0:8192,0:8192,0:8192,0:8192],latent=960,rope=64)"),
            storage);
  EXPECT_EQ(reason("mla_decode(requests=[8192:0],H=256,latent=256)"), "too much work for one case");
  EXPECT_EQ(reason("quantized_bmm(form=fp8,T=4096,H=256,V=4096,blocks=256)"), products);
  EXPECT_EQ(reason("quantized_bmm(form=fp8,T=4096,H=256,V=1,out.gap=4096)"), storage);
  EXPECT_EQ(reason("flatten_quant(T=4096,H=256,x.gap=131072)"), storage);
  EXPECT_EQ(reason("flatten_quant(T=4096,H=256,V=4096)"), "more than 2^22 elements");
  for (const OpEntry& op : ops()) {
    EXPECT_EQ(op.model->inadmissible(op.model->cost_case()), "") << op.model->cost_case().line();
  }
}

// Tile axes that a model names are those that it draws along. One that it names only would do
// nothing for authors of kernels; one that it draws only could be used by bundled kernels alone.
class OpTiles : public testing::TestWithParam<const OpModel*> {};

TEST_P(OpTiles, EachNamedAxisChangesWhatIsDrawn) {
  const OpModel& model = *GetParam();
  EXPECT_FALSE(model.tile_axes().empty());
  for (const std::string& axis : model.tile_axes()) {
    int changed = 0;
    for (std::uint64_t i = 0; i < 200; ++i) {
      Random without(i, 1);
      Random with(i, 1);
      if (!(model.generate(without, {}) == model.generate(with, {{axis, 3}}))) ++changed;
    }
    EXPECT_GT(changed, 5) << axis;
  }
}

TEST_P(OpTiles, BundledTablesUseNamedAxesAndAnyOtherIsRefused) {
  const OpModel& model = *GetParam();
  SubjectTable table = testing_support::cpu_subjects(model.schema().op);
  EXPECT_FALSE(table.tiles.empty());
  EXPECT_NO_THROW(check_tiles(model, table, "here: "));
  table.tiles.push_back({"nope", 16});
  try {
    check_tiles(model, table, "here: ");
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.rfind("here: tiles.axis 'nope' of op " + model.schema().op + ": ", 0), 0U)
        << text;
    for (const std::string& axis : model.tile_axes()) {
      EXPECT_NE(text.find(" " + axis), std::string::npos) << text;
    }
  }
}

// Twins of ops with pages place them elsewhere: their own tests follow them.
std::vector<const OpModel*> models_without_pages() {
  std::vector<const OpModel*> some = models();
  std::erase_if(some, [](const OpModel* model) {
    const std::string& op = model->schema().op;
    return op == "mla_decode" || op == "prefill_context" || op == "decode_step";
  });
  return some;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpCases, testing::ValuesIn(models()), op_of);
INSTANTIATE_TEST_SUITE_P(Ops, OpLimits, testing::ValuesIn(models()), op_of);
INSTANTIATE_TEST_SUITE_P(Ops, OpTiles, testing::ValuesIn(models()), op_of);
INSTANTIATE_TEST_SUITE_P(Ops, OpTwins, testing::ValuesIn(models_without_pages()), op_of);

}  // namespace
}  // namespace mlacheck
