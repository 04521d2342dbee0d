#include "harness/subjects/ops.hpp"

namespace mlacheck {

const OpEntry* find_op(std::string_view name) {
  for (const OpEntry& entry : ops()) {
    if (entry.model->schema().op == name) return &entry;
  }
  return nullptr;
}

std::string objection_to(const Case& c) {
  const std::string reason = find_op(c.op())->model->inadmissible(c);
  return reason.empty() ? reason : "outside the contract: " + reason;
}

std::vector<const Schema*> all_schemas() {
  std::vector<const Schema*> schemas;
  for (const OpEntry& entry : ops()) schemas.push_back(&entry.model->schema());
  return schemas;
}

}  // namespace mlacheck
