#include <algorithm>
#include <string>
#include <vector>

#include "harness/checks/units.hpp"

namespace mlacheck {

void check_consumer(Session& session) {
  if (!session.model().has_consumer()) return;
  session.carried_out(Check::metadata);
  // One for each row: a batch has thousands, and they are alike.
  constexpr std::size_t kShown = 4;
  std::vector<std::string> faults =
      session.model().consume(session.problem(), session.first()->outputs);
  for (std::size_t i = 0; i < std::min(faults.size(), kShown); ++i) {
    session.report(Check::metadata, "consumer: " + std::move(faults[i]), {}, "consumer");
  }
  if (faults.size() > kShown) {
    const std::string more = std::to_string(faults.size() - kShown);
    session.report(Check::metadata, "consumer: and " + more + " rows more", {}, "consumer");
  }
}

}  // namespace mlacheck
