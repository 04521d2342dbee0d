// What a handle of the C interface holds.
#pragma once

#include <string>

#include "harness/amd/capi/mlacheck_amd.h"
#include "harness/amd/code_object/code_object.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): a name of the C interface
struct mlacheck_amd_object {
  mlacheck::amd::CodeObject code;
  std::string description;
};

namespace mlacheck::amd {

/// What mlacheck_amd_error() returns.
std::string& last_error();

/// Throws std::invalid_argument for an index that the object does not have.
const Kernel& kernel_at(const mlacheck_amd_object& object, std::uint32_t kernel);

}  // namespace mlacheck::amd
