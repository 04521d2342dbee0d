// The tables behind subjects.hpp, for those who add to them.
#pragma once

#include <vector>

#include "harness/core/subject.hpp"

namespace mlacheck {

std::vector<SubjectTable>& all_subject_tables();

}  // namespace mlacheck
