// What every plug-in of these tests needs: its operands by name, and its table.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/abi/adapt.hpp"

namespace hostile {

/// Null if the call has no such operand.
inline const DLTensor* find(const mlacheck_call* call, const char* name) {
  return mlacheck::adapt::Call(*call).find(name);
}

/// 0 if the call has no such integer.
inline std::int64_t find_integer(const mlacheck_call* call, const char* name) {
  return mlacheck::adapt::Call(*call).integer(name, 0);
}

using Run = mlacheck_status (*)(void*, const mlacheck_call*, mlacheck_context*);

inline mlacheck_subject subject(const char* variant, Run run) {
  mlacheck_subject result{};
  result.variant = variant;
  result.agreement = MLACHECK_WITHIN_BOUND;
  result.conventions.overlap = 1;
  result.run = run;
  return result;
}

/// A plug-in of these subjects of merge_states. A library has one.
template <std::size_t Count>
const mlacheck_plugin* plugin_of(const mlacheck_subject (&subjects)[Count],
                                 const char* backend = "cpu") {
  static const mlacheck_table table{"merge_states", backend, 0, static_cast<std::int32_t>(Count),
                                    nullptr,        subjects};
  static const mlacheck_plugin plugin{MLACHECK_SUBJECT_VERSION, 1, &table};
  return &plugin;
}

}  // namespace hostile
