#pragma once

#include <vector>

#include "properties/mla_decode/fields.hpp"

namespace mlacheck::mla_decode {

Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::mla_decode
