// Run-time options of the sanitizers, compiled in: they continue after a report, repeat one for a
// line that was reported before (a case that shrinks is run many times), and leave the exit code to
// the harness. The environment (ASAN_OPTIONS and so on) still has the last word.
#include "harness/backends/cpu/sanitizers/report_capture.hpp"

#if !defined(MLACHECK_SANITIZER_OPTIONS)
#define MLACHECK_SANITIZER_OPTIONS ""
#endif

#if defined(MLACHECK_ASAN)

extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  // A fake stack for each frame would double the cost of a switch and serves no class of kernel
  // bug.
  return "halt_on_error=0:suppress_equal_pcs=0:color=never:detect_stack_use_after_return=0:"
         "allocator_may_return_null=1" MLACHECK_SANITIZER_OPTIONS;
}

extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() {
  return "halt_on_error=0:print_stacktrace=0:color=never" MLACHECK_SANITIZER_OPTIONS;
}

#elif defined(MLACHECK_MSAN)

extern "C" const char* __msan_default_options();
extern "C" const char* __msan_default_options() {
  // Memory is uninitialised where the harness says so. The allocator must not, since the harness's
  // own writes are not instrumented and would not take it back.
  return "exitcode=0:color=never:poison_in_malloc=0:poison_in_free=0:poison_in_dtor="
         "0" MLACHECK_SANITIZER_OPTIONS;
}

#elif defined(MLACHECK_TSAN_INTRA) || defined(MLACHECK_TSAN_INTER)

extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
  // A race whose earlier access has left the history is dropped in silence; 7 is the longest.
  return "halt_on_error=0:exitcode=0:color=never:suppress_equal_stacks=0:"
         "suppress_equal_addresses=0:history_size=7:report_thread_leaks=0:detect_deadlocks=0:"
         "atexit_sleep_ms=0" MLACHECK_SANITIZER_OPTIONS;
}

#endif

namespace mlacheck::cpu {

// Something that the executor calls, so that the linker takes this file out of the library.
void use_sanitizer_options() {}

}  // namespace mlacheck::cpu
