// What a worker leaves behind for the one who has to explain its death: a page shared with the
// parent.
#pragma once

#include <array>

namespace mlacheck {

/// Written by the worker, read by the parent after its death. Plain characters, null-terminated.
struct PostMortem {
  std::array<char, 80> check;   ///< the check in progress
  std::array<char, 200> fault;  ///< a guard page was touched: which, and where
};

/// Parent: a new page. The descriptor goes to the worker. Null and -1 if there is none.
struct PostMortemPage {
  PostMortem* page = nullptr;
  int descriptor = -1;
};
PostMortemPage make_post_mortem_page();
void release(const PostMortemPage& page);

/// Worker: from now on the battery's progress and guard-page faults are noted in that page.
bool keep_post_mortem(int descriptor);

}  // namespace mlacheck
