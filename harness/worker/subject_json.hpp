// What a library says of its subjects as a message between processes: everything but functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/subjects/subjects.hpp"

namespace mlacheck {

nlohmann::json to_json(const std::vector<SubjectTable>& tables);
nlohmann::json to_json(const MutantLibrary& library);

/// The inverses. `run` of the subjects is empty. They throw for a message that is none.
std::vector<SubjectTable> subject_tables_of(const nlohmann::json& json);
MutantLibrary mutant_library_of(const nlohmann::json& json);

}  // namespace mlacheck
