// Where a wave counts how often it has asked for the time.
#pragma once

namespace mlacheck::amd {

/// A place of Wave::scalar that no instruction can name.
inline constexpr unsigned kClock = 253;

}  // namespace mlacheck::amd
