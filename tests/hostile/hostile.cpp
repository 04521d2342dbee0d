// Subjects that misbehave in one way each. Each must get the right verdict, and the program that
// runs them must survive. Built as a plug-in; tests/hostile/subjects_test.py sweeps it.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "tests/hostile/merge.hpp"
#include "tests/hostile/table.hpp"

namespace {

using hostile::find;
using hostile::subject;

mlacheck_status segfault(void*, const mlacheck_call*, mlacheck_context*) {
  static_cast<void>(std::raise(SIGSEGV));
  return MLACHECK_OK;
}

mlacheck_status abort_run(void*, const mlacheck_call*, mlacheck_context*) {
  std::fputs("last words of the subject\n", stderr);
  std::abort();
}

mlacheck_status loop(void*, const mlacheck_call* call, mlacheck_context*) {
  const volatile int* const forever = &call->operand_count;
  while (*forever > 0) {
  }
  return MLACHECK_OK;
}

mlacheck_status exit_zero(void*, const mlacheck_call*, mlacheck_context*) { std::_Exit(0); }

mlacheck_status smash(void*, const mlacheck_call* call, mlacheck_context*) {
  const DLTensor* const prefix = find(call, "prefix_lse");
  if (prefix->data != nullptr) static_cast<volatile float*>(prefix->data)[-3] = 7;
  return MLACHECK_OK;
}

mlacheck_status over_read(void*, const mlacheck_call* call, mlacheck_context*) {
  const DLTensor* const lse = find(call, "prefix_lse");
  if (lse->shape[0] == 0 || lse->shape[1] == 0) return MLACHECK_OK;
  const std::int64_t last =
      (lse->shape[0] - 1) * lse->strides[0] + (lse->shape[1] - 1) * lse->strides[1];
  return static_cast<const volatile float*>(lse->data)[last + 1] == 12345 ? MLACHECK_LAUNCH_FAILED
                                                                          : MLACHECK_OK;
}

mlacheck_status leak(void*, const mlacheck_call*, mlacheck_context*) {
  void* volatile const kept = std::malloc(1000);
  return kept == nullptr ? MLACHECK_OUT_OF_MEMORY : MLACHECK_OK;
}

// Right but for that: a wrong value would be the smaller counterexample.
mlacheck_status grow(void*, const mlacheck_call* call, mlacheck_context* context) {
  constexpr std::size_t kBytes = std::size_t{96} << 20;
  auto* const kept = static_cast<volatile char*>(std::malloc(kBytes));
  // Memory counts once it has been touched.
  for (std::size_t i = 0; kept != nullptr && i < kBytes; i += 4096) kept[i] = 1;
  return hostile::merge(call, context);
}

mlacheck_status throws(void*, const mlacheck_call*, mlacheck_context*) {
  throw std::runtime_error("thrown by the subject");
}

mlacheck_status prints(void*, const mlacheck_call*, mlacheck_context*) {
  std::puts("{\"verdict\": 1}");
  std::fflush(stdout);
  static_cast<void>(!write(STDERR_FILENO, "noise\n", 6));
  return MLACHECK_OK;
}

mlacheck_status fails(void*, const mlacheck_call*, mlacheck_context* context) {
  context->set_error(context, "no weather for it");
  return MLACHECK_LAUNCH_FAILED;
}

mlacheck_status nonsense(void*, const mlacheck_call*, mlacheck_context*) {
  // An enumerator that the header does not have, as C would pass it.
  const int status = 42;
  mlacheck_status result{};
  std::memcpy(&result, &status, sizeof result);
  return result;
}

mlacheck_status bad_scratch(void*, const mlacheck_call*, mlacheck_context* context) {
  const std::int64_t shape[] = {-1};
  DLTensor scratch{};
  context->allocate(context, "odd", DLDataType{kDLFloat, 32, 1}, 1, shape, &scratch);
  context->release(context, &scratch);
  return MLACHECK_OK;
}

const char* never(void*) { return "needs a machine that nobody has"; }

mlacheck_subject absent() {
  mlacheck_subject result = subject("absent", &segfault);
  result.unavailable = &never;
  return result;
}

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  static const mlacheck_subject subjects[] = {
      subject("segfault", &segfault),
      subject("abort", &abort_run),
      subject("loop", &loop),
      subject("exit0", &exit_zero),
      subject("smash", &smash),
      subject("over_read", &over_read),
      subject("leak", &leak),
      subject("grow", &grow),
      subject("throws", &throws),
      subject("prints", &prints),
      subject("fails", &fails),
      subject("nonsense", &nonsense),
      subject("bad_scratch", &bad_scratch),
      absent(),
  };
  return hostile::plugin_of(subjects);
}
