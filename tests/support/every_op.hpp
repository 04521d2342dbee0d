// For tests that run once for each op: INSTANTIATE_TEST_SUITE_P(Ops, X, ValuesIn(models()), op_of).
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/subjects/ops.hpp"

namespace mlacheck::testing_support {

inline std::vector<const OpModel*> models() {
  std::vector<const OpModel*> all;
  for (const OpEntry& op : ops()) all.push_back(op.model);
  return all;
}

inline std::string op_of(const testing::TestParamInfo<const OpModel*>& model) {
  return model.param->schema().op;
}

}  // namespace mlacheck::testing_support
