// A row of the cost table as a message between processes.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/sweep/cost_run.hpp"

namespace mlacheck {

nlohmann::json to_json(const CostRow& row);

/// The inverse. Throws for a message that is none.
CostRow cost_row_of(const nlohmann::json& json);

}  // namespace mlacheck
