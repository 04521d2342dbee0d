// Battery options as they travel from parent to worker: an exact round trip.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/checks/options.hpp"

namespace mlacheck {

nlohmann::json to_json(const BatteryOptions& options);

/// Throws nlohmann::json::exception, or std::invalid_argument for an unknown check.
BatteryOptions battery_options_of(const nlohmann::json& json);

/// A check as its number.
nlohmann::json check_json(Check check);
Check check_of(const nlohmann::json& json);

/// An alternative of a check; null: none.
nlohmann::json choice_json(const std::optional<Choice>& choice);
std::optional<Choice> choice_of(const nlohmann::json& json);

}  // namespace mlacheck
