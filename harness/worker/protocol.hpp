// What parent and worker say to each other, and its text: an exact round trip.
#pragma once

#include <optional>
#include <string>

#include "harness/checks/session.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/sweep/cost_run.hpp"

namespace mlacheck {

/// One case for one subject.
struct Question {
  std::string op;
  std::string backend;
  std::string variant;
  std::string where;                      ///< what the command adds to the subject's domain
  std::string line;                       ///< of the case
  std::optional<BatteryOptions> battery;  ///< nothing: count what the call costs
};

/// What a library says of its subjects, everything but functions: a plug-in has no mutants. Or why
/// there is nothing.
struct Description {
  MutantLibrary library;
  std::string refused;  ///< what is wrong with the library; or empty
  std::string error;    ///< what the harness could not do; or empty
};

std::string text_of(const Question& question);
std::string text_of(const CaseResult& answer);
std::string text_of(const CostRow& answer);
std::string text_of(const Description& answer);

/// The inverses. They throw std::invalid_argument that says what is wrong with the text. `run` of
/// the subjects is empty, and `unavailable` returns what it returned on the other side.
Question question_of(const std::string& text);
CaseResult case_result_of(const std::string& text);
CostRow cost_row_of(const std::string& text);
Description description_of(const std::string& text);

}  // namespace mlacheck
