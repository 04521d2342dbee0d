// Subjects that change how the thread computes, or are right or wrong in a way that shows only
// where subnormals count. Linked twice from one object file, once with -ffast-math, whose start-up
// code flushes subnormals from then on. tests/hostile/arithmetic_test.py runs it.
#include <bit>
#include <cfenv>
#include <clocale>
#include <locale>

#include "tests/hostile/merge.hpp"

namespace {

float flushed(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return (bits & 0x7F800000U) == 0 ? std::bit_cast<float>(bits & 0x80000000U) : value;
}

mlacheck_status correct(void*, const mlacheck_call* call, mlacheck_context* context) {
  return hostile::merge(call, context);
}

mlacheck_status flushing(void*, const mlacheck_call* call, mlacheck_context* context) {
  return hostile::merge(call, context, &flushed);
}

mlacheck_status rounds_upward(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  std::fesetround(FE_UPWARD);
  return status;
}

mlacheck_status truncates(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  std::fesetround(FE_TOWARDZERO);
  return status;
}

mlacheck_status rounds_and_restores(void*, const mlacheck_call* call, mlacheck_context* context) {
  std::fesetround(FE_DOWNWARD);
  std::fesetround(FE_TONEAREST);
  std::feraiseexcept(FE_INEXACT | FE_INVALID);  // sticky flags are everybody's
  return hostile::merge(call, context);
}

mlacheck_status traps(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  std::feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_INEXACT);
  return status;
}

mlacheck_status changes_and_throws(void*, const mlacheck_call*, mlacheck_context*) {
  std::fesetround(FE_UPWARD);
  throw 7;
}

#if defined(__x86_64__)
mlacheck_status flushes_from_then_on(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040U);
  return status;
}

mlacheck_status narrows_x87(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  const std::uint16_t single = 0x007F;
  __asm__ volatile("fldcw %0" : : "m"(single));
  return status;
}

mlacheck_status leaves_mmx(void*, const mlacheck_call* call, mlacheck_context* context) {
  const mlacheck_status status = hostile::merge(call, context);
  __asm__ volatile("pxor %%mm0, %%mm0" : : : "mm0");
  return status;
}
#endif

mlacheck_status other_locale(void*, const mlacheck_call* call, mlacheck_context* context) {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\1"; }
    char do_thousands_sep() const override { return '_'; }
  };
  std::locale::global(std::locale(std::locale::classic(), new Comma));
  return hostile::merge(call, context);
}

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  static mlacheck_subject subjects[] = {
      hostile::subject("correct", &correct),
      hostile::subject("flushing", &flushing),
      hostile::subject("rounds_upward", &rounds_upward),
      hostile::subject("truncates", &truncates),
      hostile::subject("rounds_and_restores", &rounds_and_restores),
      hostile::subject("traps", &traps),
      hostile::subject("changes_and_throws", &changes_and_throws),
      hostile::subject("other_locale", &other_locale),
#if defined(__x86_64__)
      hostile::subject("flushes_from_then_on", &flushes_from_then_on),
      hostile::subject("narrows_x87", &narrows_x87),
      hostile::subject("leaves_mmx", &leaves_mmx),
#endif
  };
  return hostile::plugin_of(subjects);
}
