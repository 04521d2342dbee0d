#pragma once

#include <vector>

#include "properties/quantized_bmm/fields.hpp"

namespace mlacheck::quantized_bmm {

Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::quantized_bmm
