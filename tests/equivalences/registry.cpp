// The names under which ctest knows the equivalences; tests/CMakeLists.txt reads them from here.
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

std::vector<Part> joined(std::vector<Part> a, const std::vector<Part>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

std::vector<Equivalence> all_equivalences() {
  return {
      {"E01_strided_view_equals_contiguous", strided_view()},
      {"E02_nothing_outside_the_view_is_written", canaries()},
      {"E03_flatten_of_a_view_equals_matrix", view_as_matrix()},
      {"E04_transposed_scales_equal_row_major", transposed_scales()},
      {"E05_zero_copy_path_equals_copy_path", zero_copy_path()},
      {"E06_heads_permute", heads_permuted()},
      {"E07_tokens_permute", tokens_permuted()},
      {"E08_one_token_equals_its_batch", one_token()},
      {"E09_powers_of_two_pass_through", powers_of_two()},
      {"E10_negation_passes_through", negation()},
      {"E11_zero_rows_give_zeros", zero_rows()},
      {"E12_quantizing_twice_equals_once", quantized_twice()},
      {"E13_prequantized_equals_quantizing", prequantized()},
      {"E14_columns_concatenate", columns_concatenated()},
      {"E15_zero_blocks_add_nothing", zero_blocks()},
      {"E16_parts_of_depth_add_up", additive_in_depth()},
      {"E17_one_hot_probes_read_weights", one_hot_probes()},
      {"E18_replay_equals_eager", replayed()},
      {"E19_repeat_equals_first", repeated()},
      {"strided_equals_copy.mxfp4", strided_path_equals_copy(Projection::mxfp4)},
      {"strided_equals_copy.fp8", strided_path_equals_copy(Projection::fp8)},
      {"strided_equals_copy.bf16", strided_path_equals_copy(Projection::bf16)},
      {"L1_absorbed_decode_equals_full_attention",
       absorbed(),
       {"decode_step/scale-of-the-absorbed-columns", "decode_step/rope-of-the-first-head-for-all"}},
      {"L2_chunks_equal_one_chunk",
       chunks(),
       {"prefill_context/chunk-begins-at-the-context", "prefill_context/context-lse-in-base-two",
        "prefill_context/running-state-taken-for-dense",
        "prefill_context/values-swapped-without-their-lse"}},
      {"L3_ranks_equal_one_rank",
       joined(prefill_ranks(), decode_ranks()),
       {"prefill_context/every-rank-reads-the-first-cache",
        "prefill_context/rank-holds-an-even-share",
        "prefill_context/rope-left-in-the-order-of-the-ranks"},
       evenly_shared_ranks()},
      {"L4_several_tokens_equal_one_each",
       several_tokens(),
       {"decode_step/rows-count-back-from-the-longest-request"}},
      {"L5_optimised_equals_baseline",
       optimised(),
       {"decode_step/rope-behind-the-columns-before-absorption",
        "output_step/product-stored-heads-first", "output_step/scales-of-padded-heads",
        "prefill_context/running-state-taken-for-dense"}},
      {"L6_batch_equals_requests_alone",
       batches(),
       {"decode_step/rows-count-back-from-the-longest-request",
        "prefill_context/new-tokens-see-the-request-before"}},
      {"L6_padding_rows_change_nothing",
       padding_rows(),
       {"decode_step/padding-rows-belong-to-nobody"}},
      {"L6_replay_equals_eager", replays(), {}, stale_replays()},
      {"L6_rejected_drafts_leave_no_trace", rejected_drafts(), {}, counted_drafts()},
      {"L7_prefill_then_decode_equals_at_once",
       in_steps(),
       {"decode_step/scale-of-the-absorbed-columns", "prefill_context/context-lse-in-base-two"}},
  };
}

}  // namespace mlacheck::equivalences
