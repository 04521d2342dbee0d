// Libraries that are no good as plug-ins; MLACHECK_BAD says which one this is.
#include "harness/abi/subject.h"

namespace {

[[maybe_unused]] mlacheck_status nothing(void*, const mlacheck_call*, mlacheck_context*) {
  return MLACHECK_OK;
}

}  // namespace

#define MLACHECK_OTHER_VERSION 1
#define MLACHECK_UNKNOWN_OP 2
#define MLACHECK_UNKNOWN_BACKEND 3
#define MLACHECK_TAKEN_NAME 4
#define MLACHECK_NO_RUN 5
#define MLACHECK_UNKNOWN_BASELINE 6
#define MLACHECK_ODD_CONVENTION 7
#define MLACHECK_NULL 8
#define MLACHECK_NO_SYMBOL 9
#define MLACHECK_UNKNOWN_CONTRACT 10
#define MLACHECK_UNKNOWN_AXIS 21
#define MLACHECK_RESERVED 22
#define MLACHECK_NULL_OP 23
#define MLACHECK_ODD_DOMAIN 24

#if MLACHECK_BAD != MLACHECK_NO_SYMBOL
extern "C" const mlacheck_plugin* mlacheck_subjects() {
  static mlacheck_subject subject{};
  subject.variant = MLACHECK_BAD == MLACHECK_TAKEN_NAME ? "scalar" : "mine";
  subject.run = MLACHECK_BAD == MLACHECK_NO_RUN ? nullptr : &nothing;
  subject.baseline = MLACHECK_BAD == MLACHECK_UNKNOWN_BASELINE ? "nobody" : nullptr;
  subject.contract = MLACHECK_BAD == MLACHECK_UNKNOWN_CONTRACT ? "vectorised" : nullptr;
  subject.conventions.lse_base = MLACHECK_BAD == MLACHECK_ODD_CONVENTION ? 10 : 0;
  subject.domain = MLACHECK_BAD == MLACHECK_ODD_DOMAIN ? "V%8 D=64" : nullptr;
  subject.reserved = MLACHECK_BAD == MLACHECK_RESERVED ? 99 : 0;
  static const mlacheck_tile tile{MLACHECK_BAD == MLACHECK_UNKNOWN_AXIS ? "nope" : "groups", 16};
  static const mlacheck_table table{MLACHECK_BAD == MLACHECK_UNKNOWN_OP ? "softmax"
                                    : MLACHECK_BAD == MLACHECK_NULL_OP  ? nullptr
                                                                        : "merge_states",
                                    MLACHECK_BAD == MLACHECK_UNKNOWN_BACKEND ? "abacus" : "cpu",
                                    1,
                                    1,
                                    &tile,
                                    &subject};
  static const mlacheck_plugin plugin{
      MLACHECK_BAD == MLACHECK_OTHER_VERSION ? 99U : MLACHECK_SUBJECT_VERSION, 1, &table};
  return MLACHECK_BAD == MLACHECK_NULL ? nullptr : &plugin;
}
#endif
