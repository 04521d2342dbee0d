// UBSan reports each source location once per process: its handler overwrites the column in the
// location's static data. A case that is shrunk runs many times, so the linker routes the handlers
// through here (cmake/Sanitizers.cmake), and the column is put back.
#if defined(MLACHECK_ASAN)

#include <cstdint>

namespace {

// The head of every handler's data (compiler-rt, ubsan_value.h).
struct SourceLocation {
  const char* file;
  std::uint32_t line;
  std::uint32_t column;
};

using Word = std::uintptr_t;

}  // namespace

// Handlers take up to three words beside the data; passing more than one takes does no harm.
#define MLACHECK_WRAP(handler)                                                                    \
  extern "C" void __real___ubsan_handle_##handler(SourceLocation* data, Word a, Word b, Word c);  \
  extern "C" void __wrap___ubsan_handle_##handler(SourceLocation* data, Word a, Word b, Word c);  \
  extern "C" void __wrap___ubsan_handle_##handler(SourceLocation* data, Word a, Word b, Word c) { \
    const std::uint32_t column = data->column;                                                    \
    __real___ubsan_handle_##handler(data, a, b, c);                                               \
    data->column = column;                                                                        \
  }

MLACHECK_WRAP(add_overflow)
MLACHECK_WRAP(alignment_assumption)
MLACHECK_WRAP(divrem_overflow)
MLACHECK_WRAP(float_cast_overflow)
MLACHECK_WRAP(implicit_conversion)
MLACHECK_WRAP(invalid_builtin)
MLACHECK_WRAP(load_invalid_value)
MLACHECK_WRAP(mul_overflow)
MLACHECK_WRAP(negate_overflow)
MLACHECK_WRAP(nonnull_arg)
MLACHECK_WRAP(out_of_bounds)
MLACHECK_WRAP(pointer_overflow)
MLACHECK_WRAP(shift_out_of_bounds)
MLACHECK_WRAP(sub_overflow)
MLACHECK_WRAP(type_mismatch_v1)
MLACHECK_WRAP(vla_bound_not_positive)

#endif
