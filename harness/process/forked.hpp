// A function in a process of its own, for code that may crash or hang.
#pragma once

#include <functional>
#include <string>

namespace mlacheck {

struct ForkedAnswer {
  enum class End {
    returned,
    threw,  ///< the text is what() of the exception
    crashed,
    hung,  ///< took longer than it may
  };
  End end = End::crashed;
  std::string text;  ///< what the function returned
};

/// Runs `work` in a child of this process and waits for it, `seconds` at most. What the child
/// started ends with it. Call it from a process with one thread. Throws std::runtime_error if there
/// can be no child.
ForkedAnswer run_forked(const std::function<std::string()>& work, double seconds);

}  // namespace mlacheck
