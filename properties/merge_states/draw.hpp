#pragma once

#include <vector>

#include "properties/merge_states/fields.hpp"

namespace mlacheck::merge_states {

Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::merge_states
