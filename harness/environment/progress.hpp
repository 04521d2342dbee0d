// Which check this process is carrying out, so that a report can name it if the process dies.
#pragma once

#include <string_view>

namespace mlacheck {

/// Tells the listener, if there is one.
void note_progress(std::string_view check);

/// Null: no listener.
void set_progress_listener(void (*listener)(std::string_view check));

}  // namespace mlacheck
