// The kernel of the chunked-context loop: one fold is one merge of two states. Both variants of the
// loop use the same kernel, so that they differ in nothing but where the running state lives.
#pragma once

#include "kernels/merge_states/merge_states.kernel.h"

namespace mlacheck::MLACHECK_TARGET::chunked_context {

template <class T>
using ChunkFold = merge_states::VectorizedMerge<T>;

}  // namespace mlacheck::MLACHECK_TARGET::chunked_context
