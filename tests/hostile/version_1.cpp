// A plug-in as it was built for version 1 of the interface. The structure is spelled out here: it
// must not follow the header's.
#include "tests/hostile/merge.hpp"

namespace {

struct ConventionsOfVersion1 {
  std::int32_t lse_base, lse_layout, plus_infinity, overlap;
};

struct NumericsOfVersion1 {
  std::int32_t accumulator_digits, probability_digits;
  double exp_error_ulps;
  std::int32_t truncating_products, reserved;
};

struct SubjectOfVersion1 {
  const char* variant;
  const char* baseline;
  const char* contract;
  std::int32_t agreement;
  std::int32_t reserved;
  ConventionsOfVersion1 conventions;
  NumericsOfVersion1 numerics;
  void* self;
  hostile::Run run;
  const char* (*unavailable)(void*);
};

mlacheck_status correct(void*, const mlacheck_call* call, mlacheck_context* context) {
  return hostile::merge(call, context);
}

// Two, so that the second lies where a reader of version 2 would not look.
constexpr ConventionsOfVersion1 kCallerKnows{0, 0, 0, 1};
const SubjectOfVersion1 kSubjects[] = {{"first",
                                        nullptr,
                                        nullptr,
                                        MLACHECK_WITHIN_BOUND,
                                        0,
                                        kCallerKnows,
                                        {},
                                        nullptr,
                                        &correct,
                                        nullptr},
                                       {"second",
                                        nullptr,
                                        nullptr,
                                        MLACHECK_WITHIN_BOUND,
                                        0,
                                        kCallerKnows,
                                        {},
                                        nullptr,
                                        &correct,
                                        nullptr}};
const mlacheck_table kTable{
    "merge_states", "cpu", 0, 2, nullptr, reinterpret_cast<const mlacheck_subject*>(kSubjects)};
const mlacheck_plugin kPlugin{1, 1, &kTable};

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() { return &kPlugin; }
