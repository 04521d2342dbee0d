#include "harness/subjects/tiles.hpp"

#include <algorithm>
#include <stdexcept>

namespace mlacheck {

void check_tiles(const OpModel& model, const SubjectTable& table, const std::string& place) {
  const std::vector<std::string> axes = model.tile_axes();
  for (const Tile& tile : table.tiles) {
    if (std::find(axes.begin(), axes.end(), tile.axis) != axes.end()) continue;
    std::string known;
    for (const std::string& axis : axes) known += " " + axis;
    throw std::invalid_argument(place + "tiles.axis '" + tile.axis + "' of op " + table.op +
                                ": expected one of" + (known.empty() ? " none" : known));
  }
}

}  // namespace mlacheck
