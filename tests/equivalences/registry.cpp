// The names under which ctest knows the equivalences; tests/CMakeLists.txt reads them from here.
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {

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
  };
}

}  // namespace mlacheck::equivalences
