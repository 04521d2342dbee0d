#include "harness/checks/driver_account.hpp"

#include <algorithm>

namespace mlacheck {

std::vector<std::string> contradictions_of(const Cost& recorded,
                                           const std::vector<LaunchRecord>& launches,
                                           const DriverWork& seen) {
  // A call of a library is one record without a grid. What the library asks of the driver is not
  // compared.
  const bool library = std::ranges::any_of(
      launches, [](const LaunchRecord& launch) { return launch.grid.count() == 0; });
  if (library) return {};
  std::vector<std::string> texts;
  const auto add = [&](const std::string& what, std::uint64_t driver, std::uint64_t subject) {
    texts.push_back(what + ": the driver saw " + std::to_string(driver) +
                    ", the subject recorded " + std::to_string(subject));
  };
  if (seen.launches != recorded.launches) add("launches", seen.launches, recorded.launches);
  // Kernels fill and copy as well, so a subject may record more than the driver can tell.
  if (seen.bytes_filled > recorded.bytes_filled) {
    add("bytes filled", seen.bytes_filled, recorded.bytes_filled);
  }
  if (seen.bytes_copied > recorded.bytes_copied) {
    add("bytes copied", seen.bytes_copied, recorded.bytes_copied);
  }
  if (seen.synchronizations != recorded.synchronizations) {
    add("synchronizations", seen.synchronizations, recorded.synchronizations);
  }
  if (seen.allocations != 0) {
    texts.push_back("allocations: " + std::to_string(seen.allocations) +
                    " of device memory past the scratch that the harness hands out");
  }
  return texts;
}

}  // namespace mlacheck
