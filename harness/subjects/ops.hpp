// All ops of this build: what to generate and what to expect. The definition is generated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/op/model.hpp"
#include "harness/op/oracle.hpp"

namespace mlacheck {

struct OpEntry {
  const OpModel* model;
  const Oracle* oracle;
  /// Name of the op's own property, that each variant agrees with the one that it replaces; or empty.
  std::string property{};
};

const std::vector<OpEntry>& ops();

/// Null for an unknown name.
const OpEntry* find_op(std::string_view name);

/// Empty, or that the case is outside the contract of its op, and why: for files of cases.
std::string objection_to(const Case& c);

/// For parse_case.
std::vector<const Schema*> all_schemas();

}  // namespace mlacheck
