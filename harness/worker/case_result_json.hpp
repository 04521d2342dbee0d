// Case results as they travel between worker and parent: an exact round trip.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/checks/session.hpp"

namespace mlacheck {

nlohmann::json to_json(const CaseResult& result);

/// Throws nlohmann::json::exception, or std::invalid_argument for an unknown check or verdict.
CaseResult case_result_of(const nlohmann::json& json);

}  // namespace mlacheck
