// The tables behind subjects.hpp, for those who add to them.
#pragma once

#include <string>
#include <vector>

#include "harness/op/subject.hpp"

namespace mlacheck {

std::vector<SubjectTable>& all_subject_tables();

/// Those of a library, or of what Python imports.
std::vector<SubjectTable> load_subjects(const std::string& path);

/// Throws std::invalid_argument, beginning with `place`, for an op or backend that does not exist.
void check_known(const SubjectTable& table, const std::string& place);

/// Takes the functions away from subjects that another process is told about: `run` becomes empty,
/// and `unavailable` returns what it just returned.
void describe_only(std::vector<SubjectTable>& tables);

}  // namespace mlacheck
