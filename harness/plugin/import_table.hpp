// A table of the C interface as subjects that the harness can run.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/abi/subject.h"
#include "harness/op/subject.hpp"

namespace mlacheck {

/// Checks and translates. `owner` keeps the table's memory (a loaded library) alive for as long as
/// a subject lives. Throws std::invalid_argument that names the table's op and the field, its value
/// and what was expected.
/// `version` is that of the interface which the table was built for, 1 or MLACHECK_SUBJECT_VERSION.
SubjectTable import_table(const mlacheck_table& table, const std::shared_ptr<const void>& owner,
                          std::uint32_t version = MLACHECK_SUBJECT_VERSION);

}  // namespace mlacheck
