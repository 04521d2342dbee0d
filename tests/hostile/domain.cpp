// Correct subjects that promise less than the contract, as kernels that ship do: each fails, or
// declines, where its domain does not keep a case away. tests/hostile/domain_test.py runs it.
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "harness/abi/stage.hpp"
#include "tests/hostile/merge.hpp"

namespace {

namespace adapt = mlacheck::adapt;

constexpr const char* kOperands[] = {"prefix_out", "prefix_lse", "suffix_out",
                                     "suffix_lse", "out",        "lse_out"};

// Reads every operand as if it were dense, whatever its strides say.
mlacheck_status takes_it_for_dense(void*, const mlacheck_call* call, mlacheck_context* context) {
  mlacheck_operand operands[6];
  std::int64_t strides[6][3];
  for (int i = 0; i < call->operand_count; ++i) {
    operands[i] = call->operands[i];
    DLTensor& tensor = operands[i].tensor;
    std::int64_t step = 1;
    for (int axis = tensor.ndim; axis-- > 0; step *= tensor.shape[axis]) strides[i][axis] = step;
    tensor.strides = strides[i];
  }
  mlacheck_call dense = *call;
  dense.operands = operands;
  return hostile::merge(&dense, context);
}

mlacheck_status only_dense(void*, const mlacheck_call* call, mlacheck_context* context) {
  for (const char* name : kOperands) {
    const DLTensor* const tensor = hostile::find(call, name);
    if (tensor == nullptr || adapt::is_dense(*tensor)) continue;
    context->set_error(context, "not dense");
    return MLACHECK_UNSUPPORTED;
  }
  return hostile::merge(call, context);
}

// Takes dense operands only, and copies the others.
template <bool writes_back>
mlacheck_status staged(void*, const mlacheck_call* call, mlacheck_context* context) {
  return adapt::guarded(context, [&] {
    std::deque<adapt::Staged> copies;
    std::vector<mlacheck_operand> operands(call->operands, call->operands + call->operand_count);
    for (mlacheck_operand& operand : operands) {
      const std::string_view name = operand.name;
      const bool is_output = name == "out" || name == "lse_out";
      operand.tensor = copies
                           .emplace_back(context, operand.tensor, operand.name,
                                         is_output ? adapt::Access::write : adapt::Access::read,
                                         adapt::copy_on_host)
                           .tensor();
      if (!adapt::is_dense(operand.tensor)) adapt::refuse(MLACHECK_LAUNCH_FAILED, "no copy");
    }
    mlacheck_call dense = *call;
    dense.operands = operands.data();
    const mlacheck_status status = hostile::merge(&dense, context);
    if (status != MLACHECK_OK) adapt::refuse(status, "not merged");
    for (const adapt::Staged& copy : copies) {
      if (writes_back) copy.finish();
    }
  });
}

// A pack of 16 bytes is taken apart by its address, as a GPU refuses it.
mlacheck_status only_aligned(void*, const mlacheck_call* call, mlacheck_context* context) {
  for (const char* name : {"prefix_out", "suffix_out", "out"}) {
    const DLTensor* const tensor = hostile::find(call, name);
    if (!adapt::is_aligned(*tensor, 16)) return MLACHECK_LAUNCH_FAILED;
  }
  return hostile::merge(call, context);
}

// 0 * NaN where one side is empty, as all six merges of four projects have it.
mlacheck_status multiplies_dead_values(void*, const mlacheck_call* call,
                                       mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  if (status != MLACHECK_OK) return status;
  const DLTensor* const out = hostile::find(call, "out");
  const DLTensor* const prefix = hostile::find(call, "prefix_out");
  const DLTensor* const suffix = hostile::find(call, "suffix_out");
  const std::int64_t tokens = hostile::find_integer(call, "prefill_tokens_with_context");
  for (std::int64_t t = 0; t < tokens; ++t) {
    for (std::int64_t h = 0; h < out->shape[1]; ++h) {
      for (std::int64_t v = 0; v < out->shape[2]; ++v) {
        const float unused = hostile::at(prefix, t, h)[v] * 0 + hostile::at(suffix, t, h)[v] * 0;
        hostile::at(out, t, h)[v] += unused == 0 ? 0 : unused;
      }
    }
  }
  return status;
}

mlacheck_subject subject(const char* variant, hostile::Run run, const char* domain) {
  mlacheck_subject result = hostile::subject(variant, run);
  result.domain = domain;
  return result;
}

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  constexpr const char* kDense = "dtype=f32 layout=dense";
  constexpr const char* kFinite =
      "dtype=f32 finite_dead_values finite_values no_nan_lse no_row_empty_on_both_sides";
  static const mlacheck_subject subjects[] = {
      subject("dense", &takes_it_for_dense, kDense),
      subject("dense_undeclared", &takes_it_for_dense, "dtype=f32"),
      subject("declines", &only_dense, kDense),
      subject("staged", &staged<true>, "dtype=f32"),
      subject("staged_and_lost", &staged<false>, "dtype=f32"),
      subject("aligned", &only_aligned, "dtype=f32 align=16"),
      subject("aligned_undeclared", &only_aligned, "dtype=f32"),
      subject("finite", &multiplies_dead_values, kFinite),
      subject("finite_undeclared", &multiplies_dead_values, "dtype=f32 finite_values no_nan_lse"),
      subject(
          "whole",
          [](void*, const mlacheck_call* call, mlacheck_context* context) {
            return hostile::merge(call, context);
          },
          nullptr)};
  return hostile::plugin_of(subjects);
}
