#include "harness/amd/checks.hpp"

namespace mlacheck::amd {

std::optional<Checks> checks_named(std::string_view list) {
  Checks checks;
  if (list == "none") return checks;
  while (true) {
    const std::string_view name = list.substr(0, list.find(','));
    if (name == "all") {
      checks = {true, true, true, true};
    } else if (name == "undefined") {
      checks.undefined = true;
    } else if (name == "waits") {
      checks.waits = true;
    } else if (name == "hazards") {
      checks.hazards = true;
    } else if (name == "races") {
      checks.races = true;
    } else {
      return std::nullopt;
    }
    if (name.size() == list.size()) return checks;
    list.remove_prefix(name.size() + 1);
  }
}

}  // namespace mlacheck::amd
