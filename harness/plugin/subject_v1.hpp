// Version 1 of the interface, which plug-ins may still be built for: version 2 added the domain, two
// conventions and most of the numerics.
#pragma once

#include <cstdint>

#include "harness/abi/subject.h"

namespace mlacheck::v1 {

struct Conventions {
  std::int32_t lse_base;
  std::int32_t lse_layout;
  std::int32_t plus_infinity;
  std::int32_t overlap;
};

struct Numerics {
  std::int32_t accumulator_digits;
  std::int32_t probability_digits;
  double exp_error_ulps;
  std::int32_t truncating_products;
  std::int32_t reserved;
};

struct Subject {
  const char* variant;
  const char* baseline;
  const char* contract;
  std::int32_t agreement;
  std::int32_t reserved;
  Conventions conventions;
  Numerics numerics;
  void* self;
  mlacheck_status (*run)(void* self, const mlacheck_call*, mlacheck_context*);
  const char* (*unavailable)(void* self);
};

inline mlacheck_subject upgraded(const Subject& subject) {
  const Conventions& c = subject.conventions;
  mlacheck_subject result{};
  result.variant = subject.variant;
  result.baseline = subject.baseline;
  result.contract = subject.contract;
  result.agreement = subject.agreement;
  result.reserved = subject.reserved;
  result.conventions = {c.lse_base, c.lse_layout, c.plus_infinity, c.overlap, 0, 0};
  const Numerics& n = subject.numerics;
  result.numerics.accumulator_digits = n.accumulator_digits;
  result.numerics.probability_digits = n.probability_digits;
  result.numerics.exp_error_ulps = n.exp_error_ulps;
  result.numerics.truncating_products = n.truncating_products;
  result.numerics.reserved = n.reserved;
  result.self = subject.self;
  result.run = subject.run;
  result.unavailable = subject.unavailable;
  return result;
}

}  // namespace mlacheck::v1
