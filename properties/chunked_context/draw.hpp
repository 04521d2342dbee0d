#pragma once

#include <vector>

#include "properties/chunked_context/fields.hpp"

namespace mlacheck::chunked_context {

Fields draw_fields(Random& random, const std::vector<Tile>& tiles);

}  // namespace mlacheck::chunked_context
