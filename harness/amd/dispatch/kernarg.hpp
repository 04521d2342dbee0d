// A kernel's argument block: the caller's arguments, and the hidden ones that the compiler may ask for.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

/// `arguments` points to one value for each argument that is not hidden, in their order. The launch's
/// own `kernarg` is not looked at. Throws std::invalid_argument for a hidden argument that only a
/// device can give, such as a queue.
std::vector<std::byte> kernarg_block(const Launch& launch, const void* const* arguments);

}  // namespace mlacheck::amd
