// Checks of a launch that cost time and are off unless asked for. What each of them sees: docs/hip.md.
#pragma once

#include <optional>
#include <string_view>

namespace mlacheck::amd {

struct Checks {
  bool undefined = false;  ///< results that depend on what nobody wrote
  bool waits = false;      ///< registers used before the s_waitcnt that their load needs
  bool hazards = false;    ///< fewer wait states than the architecture demands
  bool races = false;      ///< conflicting accesses that nothing orders

  bool any() const { return undefined || waits || hazards || races; }
  bool operator==(const Checks&) const = default;
};

/// "waits,races", "all", "none"; nothing for another text.
std::optional<Checks> checks_named(std::string_view list);

}  // namespace mlacheck::amd
