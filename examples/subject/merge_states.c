/* The merge of two attention states in fp32 on the CPU, as a subject of mlacheck. */
#include <math.h>
#include <mlacheck/subject.h>
#include <string.h>

static const DLTensor* find(const mlacheck_call* call, const char* name) {
  for (int32_t i = 0; i < call->operand_count; ++i) {
    if (strcmp(call->operands[i].name, name) == 0) return &call->operands[i].tensor;
  }
  return NULL;
}

static float* at(const DLTensor* t, int64_t i, int64_t j) {
  return (float*)t->data + i * t->strides[0] + j * t->strides[1];
}

static mlacheck_status merge(void* self, const mlacheck_call* call, mlacheck_context* context) {
  (void)self;
  const DLTensor* prefix = find(call, "prefix_out");
  const DLTensor* prefix_lse = find(call, "prefix_lse");
  const DLTensor* suffix = find(call, "suffix_out");
  const DLTensor* suffix_lse = find(call, "suffix_lse");
  const DLTensor* out = find(call, "out");
  const DLTensor* lse_out = find(call, "lse_out"); /* optional */
  int64_t with_context = 0;
  for (int32_t i = 0; i < call->integer_count; ++i) {
    if (strcmp(call->integers[i].name, "prefill_tokens_with_context") == 0) {
      with_context = call->integers[i].value;
    }
  }
  if (out->dtype.code != kDLFloat || out->dtype.bits != 32) {
    context->set_error(context, "argument out: only fp32 is supported");
    return MLACHECK_UNSUPPORTED; /* the case is skipped, and counted as skipped */
  }
  for (int64_t t = 0; t < out->shape[0]; ++t) {
    for (int64_t h = 0; h < out->shape[1]; ++h) {
      const float s = *at(suffix_lse, h, t);
      const float p = t < with_context ? *at(prefix_lse, h, t) : -INFINITY;
      const int nan = isnan(s) || (t < with_context && isnan(p));
      const int no_prefix = isinf(p), no_suffix = isinf(s); /* either sign means "empty" */
      const int copy = t >= with_context;                   /* these tokens take the suffix as is */
      const float m = no_prefix ? s : no_suffix ? p : fmaxf(p, s);
      const float wp = no_prefix ? 0 : expf(p - m), ws = no_suffix ? 0 : expf(s - m);
      for (int64_t d = 0; d < out->shape[2]; ++d) {
        const float a = at(prefix, t, h)[d], b = at(suffix, t, h)[d];
        float* to = at(out, t, h) + d;
        if (copy || (!nan && no_prefix && !no_suffix)) {
          *to = b;
        } else if (nan) {
          *to = NAN;
        } else if (no_suffix) {
          *to = no_prefix ? 0 : a;
        } else {
          *to = a * (wp / (wp + ws)) + b * (ws / (wp + ws)); /* no sum past the largest number */
        }
      }
      if (lse_out == NULL) continue;
      if (nan && !copy) {
        *at(lse_out, h, t) = NAN;
      } else {
        /* Where one side is empty the other's LSE is kept bit for bit: -0 + log(1) would be +0. */
        const int none = no_prefix && no_suffix && !copy;
        const int one = copy || no_prefix || no_suffix;
        *at(lse_out, h, t) = none ? -INFINITY : one ? m : m + logf(wp + ws);
      }
    }
  }
  return MLACHECK_OK;
}

static const mlacheck_subject subjects[] = {{
    .variant = "example",
    .agreement = MLACHECK_WITHIN_BOUND,
    .conventions = {.overlap = 1}, /* does not look for overlapping operands */
    .numerics = MLACHECK_NUMERICS_IEEE,
    .run = merge,
}};
static const mlacheck_table tables[] = {
    {.op = "merge_states", .backend = "cpu", .subject_count = 1, .subjects = subjects}};
static const mlacheck_plugin plugin = {MLACHECK_SUBJECT_VERSION, 1, tables};

const mlacheck_plugin* mlacheck_subjects(void) { return &plugin; }
