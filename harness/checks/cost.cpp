#include <array>

#include "harness/checks/units.hpp"

namespace mlacheck {

void check_cost(Session& session) {
  const std::optional<Cost> contract = session.model().cost(session.the_case(), session.problem(),
                                                            session.subject().contract_name());
  if (!contract) return;
  session.carried_out(Check::cost);
  const Cost& counted = session.first()->cost;
  struct Item {
    const char* name;
    std::uint64_t Cost::* value;
  };
  constexpr std::array<Item, 7> kItems{{{"launches", &Cost::launches},
                                        {"allocations", &Cost::allocations},
                                        {"bytes allocated", &Cost::bytes_allocated},
                                        {"bytes held at most", &Cost::peak_bytes},
                                        {"bytes filled", &Cost::bytes_filled},
                                        {"bytes copied", &Cost::bytes_copied},
                                        {"synchronizations", &Cost::synchronizations}}};
  for (const Item& item : kItems) {
    if (counted.*item.value == (*contract).*item.value) continue;
    session.find(Check::cost, std::string(item.name) + ": " + std::to_string(counted.*item.value) +
                                  " counted, the contract says " +
                                  std::to_string((*contract).*item.value));
  }
}

}  // namespace mlacheck
