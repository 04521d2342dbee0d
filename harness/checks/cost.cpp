#include <array>

#include "harness/checks/driver_account.hpp"
#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

void compare_with_contract(Session& session, const Cost& contract) {
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
    if (counted.*item.value == contract.*item.value) continue;
    session.report(Check::cost,
                   std::string(item.name) + ": " + std::to_string(counted.*item.value) +
                       " counted, the contract says " + std::to_string(contract.*item.value),
                   {}, item.name);
  }
}

}  // namespace

void check_cost(Session& session) {
  const std::optional<Cost> contract = session.model().cost(session.the_case(), session.problem(),
                                                            session.subject().contract_name());
  const std::optional<DriverWork>& seen = session.first()->driver;
  if (!seen && session.backend().stream() != nullptr) {
    session.leave_out(Check::cost, "driver not watched: " + session.backend().watch_unavailable());
  }
  if (!contract && !seen) return;
  session.carried_out(Check::cost);
  if (contract) compare_with_contract(session, *contract);
  if (!seen) return;
  const Run& run = *session.first();
  for (const std::string& text : contradictions_of(run.cost, run.launches, *seen)) {
    session.report(Check::cost, text, {}, "driver");
  }
}

}  // namespace mlacheck
