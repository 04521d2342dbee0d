// One function an equivalence; registry.cpp names them.
#pragma once

#include <vector>

#include "tests/equivalences/equivalence.hpp"

namespace mlacheck::equivalences {

// layout.cpp
std::vector<Part> strided_view();
std::vector<Part> canaries();
std::vector<Part> view_as_matrix();
std::vector<Part> transposed_scales();

// path.cpp: the product, flattening and quantization of the output projection's x. Its forms.
enum class Projection { mxfp4, fp8, bf16 };
std::vector<Part> zero_copy_path();
std::vector<Part> strided_path_equals_copy(Projection projection);

// batch.cpp
std::vector<Part> heads_permuted();
std::vector<Part> tokens_permuted();
std::vector<Part> one_token();
std::vector<Part> columns_concatenated();

// scale.cpp
std::vector<Part> powers_of_two();
std::vector<Part> negation();
std::vector<Part> zero_rows();

// quantizer.cpp
std::vector<Part> quantized_twice();
std::vector<Part> prequantized();

// depth.cpp
std::vector<Part> zero_blocks();
std::vector<Part> additive_in_depth();
std::vector<Part> one_hot_probes();

// history.cpp
std::vector<Part> replayed();
std::vector<Part> repeated();

// Of the layer.

// layer_decode.cpp
std::vector<Part> absorbed();
std::vector<Part> several_tokens();
std::vector<Part> batches();
std::vector<Part> padding_rows();

// layer_prefill.cpp
std::vector<Part> chunks();
std::vector<Part> prefill_ranks();
std::vector<Part> optimised();

// layer_quantized.cpp
Part optimised_output();

// layer_ranks.cpp, and its miscomposition: each rank holds an even share.
std::vector<Part> decode_ranks();
std::vector<Part> evenly_shared_ranks();

// layer_steps.cpp, and its miscompositions: the graph keeps the lengths of the step before; the length
// counts tokens that were rejected.
std::vector<Part> replays();
std::vector<Part> stale_replays();
std::vector<Part> rejected_drafts();
std::vector<Part> counted_drafts();

// layer_sequence.cpp
std::vector<Part> in_steps();

}  // namespace mlacheck::equivalences
