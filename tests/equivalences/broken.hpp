// Equivalences seen to fail: on mutants of the layer, and on parts that are put together wrongly.
#pragma once

#include <string>

#include "tests/equivalences/equivalence.hpp"

namespace mlacheck::equivalences {

/// Registers a test for each mutant that must break the equivalence, of those in the library, and one for
/// each miscomposed part.
void register_broken(const Equivalence& equivalence, const std::string& library,
                     const std::string& backend);

}  // namespace mlacheck::equivalences
