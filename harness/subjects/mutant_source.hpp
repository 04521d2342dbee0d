// A faulty or rewritten variant of a bundled op: what the generated list says about it.
#pragma once

#include <cstddef>

#include "harness/op/subject.hpp"

namespace mlacheck {

struct MutantSource {
  const char* id;  ///< what it breaks: "suffix-with-prefix-strides"
  const char* op;
  const char* variant;  ///< the variant that is changed
  const char* summary;
  /// Those that ought to fire, main one first: "K2 K8", "racecheck"; empty for a control.
  const char* checks;
  const char* reason;       ///< why another check than usual is the main one here, or empty; for a
                            ///< control, why nothing changes; without a table, why there is none
  const char* only_on;      ///< hip: the target on which alone the edit changes something, or empty
  bool only_gpu;            ///< no CPU can show it
  SubjectTable (*table)();  ///< null: the library's backend cannot show the defect
};

}  // namespace mlacheck

extern "C" const mlacheck::MutantSource* mlacheck_mutants(std::size_t* count);
