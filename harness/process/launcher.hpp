// The thread that starts processes.
#pragma once

#include <functional>

namespace mlacheck {

/// Runs `work` on that thread and waits for it. The kernel kills a worker when the thread that
/// started it ends (PR_SET_PDEATHSIG), so this one ends with the program. Throws std::runtime_error
/// if the thread cannot be created.
void launch(const std::function<void()>& work);

}  // namespace mlacheck
