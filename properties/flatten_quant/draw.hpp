#pragma once

#include <vector>

#include "properties/flatten_quant/fields.hpp"

namespace mlacheck::flatten_quant {

Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::flatten_quant
