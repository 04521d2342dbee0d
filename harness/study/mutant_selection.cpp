#include "harness/study/mutant_selection.hpp"

#include <algorithm>
#include <stdexcept>

namespace mlacheck {

const Mutant& mutant_named(const std::vector<Mutant>& mutants, const std::string& id) {
  const auto found = std::find_if(mutants.begin(), mutants.end(),
                                  [&](const Mutant& mutant) { return mutant.id == id; });
  if (found != mutants.end()) return *found;
  throw std::invalid_argument("mutant '" + id + "': there is none of that name");
}

bool is_for_battery(const Mutant& mutant) { return !mutant.left_out && mutant.tool.empty(); }

Row row_of(const Mutant& mutant, const std::vector<std::unique_ptr<Backend>>& backends) {
  Selection selection;
  selection.ops = {mutant.op};
  selection.backends = {mutant.backend};
  selection.variants = {mutant.id};
  std::vector<Row> rows = select_rows(selection, backends);
  if (rows.size() != 1) throw std::logic_error("mutant " + mutant.id + " is not one subject");
  return rows.front();
}

}  // namespace mlacheck
