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

}  // namespace mlacheck::equivalences
