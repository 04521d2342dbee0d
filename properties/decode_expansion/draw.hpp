#pragma once

#include <vector>

#include "properties/decode_expansion/fields.hpp"

namespace mlacheck::decode_expansion {

Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::decode_expansion
