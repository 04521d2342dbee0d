// Enabled lanes, one after another.
#pragma once

#include <bit>

#include "harness/amd/wave/words.hpp"

namespace mlacheck::amd {

template <class Function>
inline void each_lane(u64 exec, Function&& function) {
  for (; exec != 0; exec &= exec - 1) function(static_cast<unsigned>(std::countr_zero(exec)));
}

}  // namespace mlacheck::amd
