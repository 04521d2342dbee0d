// Does a bundled variant give the same bits on every device of this machine?
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck {

/// One variant on one backend, against the first backend that has it.
struct DeviceRow {
  std::string op;
  std::string variant;
  std::string backend;
  std::string other;           ///< the backend that it is compared with
  std::int64_t cases = 0;      ///< that ran on both
  std::int64_t promised = 0;   ///< of those, by OpModel::same_bits_on_devices()
  std::int64_t different = 0;  ///< of all, in some bit of a live element
  std::int64_t broken = 0;     ///< of the promised ones
  std::string first_broken;    ///< the case and what differs; empty if none
  std::string error;           ///< the harness failed, or a run did
};

struct Placed {
  const Subject* subject;
  Backend* backend;
};

/// Two subjects of one variant, from `cases` drawn cases, or fewer once a signal came. Runs them in
/// this process.
DeviceRow compare_placed(const OpEntry& op, const Placed& one, const Placed& two,
                         std::int64_t cases, std::uint64_t seed);

/// Every bundled variant that can run on several backends: on each but the first one, from `cases`
/// drawn cases each.
std::vector<DeviceRow> compare_devices(const OpEntry& op, std::int64_t cases, std::uint64_t seed,
                                       const std::vector<std::unique_ptr<Backend>>& backends);

std::string render_devices(const std::vector<DeviceRow>& rows);

}  // namespace mlacheck
