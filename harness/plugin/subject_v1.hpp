// Version 1 of the interface, which plug-ins may still be built for: version 2 added the domain.
#pragma once

#include <cstdint>

#include "harness/abi/subject.h"

namespace mlacheck::v1 {

struct Subject {
  const char* variant;
  const char* baseline;
  const char* contract;
  std::int32_t agreement;
  std::int32_t reserved;
  mlacheck_conventions conventions;
  mlacheck_numerics numerics;
  void* self;
  mlacheck_status (*run)(void* self, const mlacheck_call*, mlacheck_context*);
  const char* (*unavailable)(void* self);
};

inline mlacheck_subject upgraded(const Subject& subject) {
  return {subject.variant,  subject.baseline,    subject.contract, subject.agreement,
          subject.reserved, subject.conventions, subject.numerics, subject.self,
          subject.run,      subject.unavailable, nullptr};
}

}  // namespace mlacheck::v1
