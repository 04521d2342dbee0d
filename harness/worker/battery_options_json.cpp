#include "harness/worker/battery_options_json.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mlacheck {
namespace {

using Json = nlohmann::json;

Json target_json(const std::optional<Target>& target) {
  if (!target) return nullptr;
  return {{"check", check_json(target->signature.check)},
          {"operand", target->signature.operand},
          {"kind", target->signature.kind},
          {"exact", target->exact}};
}

std::optional<Target> target_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return Target{{check_of(json.at("check")), json.at("operand").get<std::string>(),
                 json.at("kind").get<std::string>()},
                json.at("exact").get<bool>()};
}

}  // namespace

Json check_json(Check check) { return static_cast<std::size_t>(check); }

Check check_of(const Json& json) {
  const auto number = json.get<std::size_t>();
  if (number >= kCheckNames.size()) throw std::invalid_argument("check " + std::to_string(number));
  return static_cast<Check>(number);
}

Json choice_json(const std::optional<Choice>& choice) {
  if (!choice) return nullptr;
  return {check_json(choice->check), choice->number};
}

std::optional<Choice> choice_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return Choice{check_of(json.at(0)), json.at(1).get<std::int64_t>()};
}

Json to_json(const BatteryOptions& options) {
  Json choices = Json::array();
  for (const Choice& choice : options.choices) choices.push_back(choice_json(choice));
  return {{"effort", static_cast<int>(options.effort)},
          {"stop_at_first", options.stop_at_first},
          {"turn", options.turn},
          {"choices", choices},
          {"thorough", options.thorough},
          {"only", options.only ? check_json(*options.only) : Json(nullptr)},
          {"only_unit", options.only_unit},
          {"until", target_json(options.until)}};
}

BatteryOptions battery_options_of(const Json& json) {
  BatteryOptions options;
  options.effort = json.at("effort").get<int>() == 0 ? Effort::values : Effort::full;
  options.stop_at_first = json.at("stop_at_first").get<bool>();
  options.turn = json.at("turn").get<std::int64_t>();
  for (const Json& choice : json.at("choices")) {
    if (const auto known = choice_of(choice)) options.choices.push_back(*known);
  }
  options.thorough = json.at("thorough").get<bool>();
  if (!json.at("only").is_null()) options.only = check_of(json.at("only"));
  options.only_unit = json.at("only_unit").get<std::string>();
  options.until = target_of(json.at("until"));
  return options;
}

}  // namespace mlacheck
