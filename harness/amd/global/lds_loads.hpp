// Buffer loads whose target is LDS.
#pragma once

#include "harness/amd/decode/bind.hpp"

namespace mlacheck::amd {

/// Binds a buffer_load with the modifier lds, which names no target register.
void bind_lds_load(const Binding& binding);

}  // namespace mlacheck::amd
