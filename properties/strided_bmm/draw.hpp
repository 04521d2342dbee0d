#pragma once

#include <vector>

#include "properties/strided_bmm/fields.hpp"

namespace mlacheck::strided_bmm {

Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::strided_bmm
