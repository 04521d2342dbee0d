// A file of cases: one case line on each line of the file, and what stands after '#' is a comment.
//     merge_states(T=7,H=3,V={48,96,192},dtype={f16,bf16})   # six cases
// A list of values in braces multiplies: the line stands for every combination, the last list
// changing fastest. Fields that change together stand in one list, with '|' between its parts:
//     quantized_bmm(form=fp8,T=5,{format=e4m3fn,maximum=448|format=e4m3fnuz,maximum=240})
// An entry of a list field may be repeated: requests=[118*1:100] has 118 entries of 1:100.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// The cases in the order of the file, or the first thing that is wrong with it as
/// "path:line: what was found and what was expected".
using ParsedCases = std::variant<std::vector<Case>, std::string>;

/// Why a case has no place in the file; empty if it has.
using CaseObjection = std::function<std::string(const Case&)>;

/// Wrong are: what is no case line, a case that `objection` objects to, one that stands in the file
/// already, and a file without any case. `path` is used in messages only.
ParsedCases parse_case_file(std::string_view path, std::span<const std::string_view> lines,
                            const std::vector<const Schema*>& schemas,
                            const CaseObjection& objection);

/// The lines of a text, without their newlines. They refer to `text`.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace mlacheck
