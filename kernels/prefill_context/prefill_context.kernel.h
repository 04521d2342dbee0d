// The kernels of prefill_context. Its up-projection is that of strided_bmm, its softmax that of
// mla_decode, its merges those of chunked_context.
#pragma once

#include "kernels/prefill_context/expand.kernel.h"
#include "kernels/prefill_context/gather.kernel.h"
#include "kernels/prefill_context/prefill_attention.kernel.h"
