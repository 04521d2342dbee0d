// The cases that come with an op, from the files properties/<op>/*.cases, whose text the build
// compiles in (cmake/CaseFiles.cmake).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// One file, line by line; its path from the repository root.
struct CaseText {
  std::string_view path;
  std::span<const std::string_view> lines;
};

/// All such files of all ops. The definition is generated.
const std::vector<CaseText>& case_texts();

// What follows throws std::logic_error with the file and the line if a file is wrong. An op without
// the file has no such cases.

/// Cases that every run executes first: real model shapes and the vectors of the specification.
const std::vector<Case>& required_cases(std::string_view op);

/// The problems that a usual unit test of the op would use: a few fixed, dense, aligned shapes with
/// full pages, equal lengths and values of a standard normal distribution. For measuring what such
/// tests let through; no check is limited to them.
const std::vector<Case>& peer_cases(std::string_view op);

}  // namespace mlacheck
