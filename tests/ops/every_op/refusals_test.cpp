// What no op takes of any operand: "Common to all ops" of docs/contracts.md.
#include "tests/support/refusals.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

// No operand is empty, and each op has all of its operands in one of the cases.
const char* const kCases[]{
    "strided_bmm(T=3,H=4,latent=8,V=16,dtype=bf16)",
    "merge_states(T=4,H=3,V=16,copied=1,has_lse_out=1,dtype=bf16)",
    "chunked_context(chunks=3,requests=[2:3,1:1],H=2,V=16,dtype=bf16)",
    "mla_decode(requests=[2:5,1:3],H=3,latent=4,rope=2,page=2,splits=2)",
    "mla_decode(requests=[2:5,1:3],H=3,latent=4,rope=2,page=2,splits=2,page_map=csr)",
    "decode_expansion(requests=[3:10,3:7,3:12],padding=2,W=12)",
    "flatten_quant(T=3,H=4,V=40,form=mxfp4,dtype=bf16)",
    "flatten_quant(T=3,H=4,V=40,form=fp8,group=16,dtype=bf16)",
    "flatten_quant(T=3,H=4,V=40,form=fp8_transposed,group=16,dtype=bf16)",
    "quantized_bmm(form=a16wfp4,T=3,H=2,V=5,blocks=3)",
    "quantized_bmm(form=afp4wfp4,T=3,H=2,V=5,blocks=3)",
    "quantized_bmm(form=fp8,T=3,H=2,V=5,blocks=3,has_bias=1)",
    "prefill_context(requests=[2:5,1:3],H=3,latent=4,nope=3,rope=2,V=4,page=2,chunk=2)",
    "decode_step(requests=[2:5,1:3],H=3,latent=4,nope=3,rope=2,V=4,page=2)",
    "output_step(product=mxfp4,projection=mxfp4,T=3,H=2,V=32,hidden=5,blocks=2)",
    "output_step(product=fp8,projection=plain,T=3,H=2,V=5,hidden=5,blocks=2)",
    "output_step(product=fp8,projection=fp8,T=3,H=2,V=5,hidden=5,group=2,blocks=2)",
    "output_step(product=mxfp4,projection=fp8_transposed,T=3,H=2,V=5,hidden=5,group=2,blocks=2)",
};

TEST(Refusals, OfWhatNoOpTakes) {
  std::set<std::string> refused;
  for (const char* line : kCases) {
    SCOPED_TRACE(line);
    const Case c = std::get<Case>(parse_case(line, all_schemas()));
    const OpModel& model = *find_op(c.op())->model;
    const std::vector<testing_support::Spoiled> calls =
        testing_support::spoiled_operands(model.materialise(c, ""));
    EXPECT_GT(calls.size(), 18U);
    testing_support::expect_refusals(model, c, calls);
    refused.insert(c.op());
  }
  EXPECT_EQ(refused.size(), ops().size());
}

}  // namespace
}  // namespace mlacheck
