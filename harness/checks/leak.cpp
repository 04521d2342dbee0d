#include "harness/checks/leak.hpp"

namespace mlacheck {

std::int64_t growth_at_every_call(const std::function<std::int64_t()>& call) {
  constexpr int kCalls = 40;
  std::int64_t growth = 0;
  for (int i = 0; i < kCalls; ++i) {
    growth = call();
    if (growth <= 0) return 0;
  }
  return growth;
}

}  // namespace mlacheck
