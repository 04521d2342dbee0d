#include "harness/amd/kernel.hpp"

#include <utility>

namespace mlacheck::amd {
namespace {

constexpr std::array<std::pair<Target, std::string_view>, 4> kNames{{{Target::gfx90a, "gfx90a"},
                                                                     {Target::gfx1030, "gfx1030"},
                                                                     {Target::gfx942, "gfx942"},
                                                                     {Target::gfx950, "gfx950"}}};

}  // namespace

std::string_view name_of(Target target) {
  for (const auto& [known, name] : kNames) {
    if (known == target) return name;
  }
  return "unknown";
}

std::optional<Target> target_named(std::string_view name) {
  for (const auto& [target, known] : kNames) {
    if (known == name) return target;
  }
  return std::nullopt;
}

}  // namespace mlacheck::amd
