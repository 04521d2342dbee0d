#include "harness/environment/progress.hpp"

#include <atomic>

namespace mlacheck {
namespace {

std::atomic<void (*)(std::string_view)> progress_listener{nullptr};

}  // namespace

void note_progress(std::string_view check) {
  if (void (*const listener)(std::string_view) = progress_listener.load()) listener(check);
}

void set_progress_listener(void (*listener)(std::string_view)) { progress_listener = listener; }

}  // namespace mlacheck
