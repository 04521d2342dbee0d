// What a worker notes of a case in its post-mortem page, and what the parent reads there after its death.
#pragma once

#include <string>
#include <string_view>

#include "harness/checks/session.hpp"
#include "harness/process/post_mortem.hpp"

namespace mlacheck {

/// Worker: from now on the findings of the case in progress are noted.
void keep_findings();

/// Parent: adds findings and checks of the case that was in progress. A page that the subject has written
/// over adds nothing.
void add_noted_findings(const PostMortem& page, CaseResult& result);

/// "mine.py:12 in gather; called from mine.py:30 in merge": from the text that Python's faulthandler writes
/// on a fatal signal, the innermost of at most five places first, without those of the package mlacheck. Empty
/// if there is none.
std::string python_places(std::string_view traceback);

}  // namespace mlacheck
