// DPP: the first source comes from another lane.
#pragma once

#include "harness/amd/decode/bind.hpp"

namespace mlacheck::amd {

/// Wraps the operation's handler in one that moves the lanes of source 0 first.
void bind_permutation(const Binding& binding);

}  // namespace mlacheck::amd
