#include "harness/environment/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace mlacheck {
namespace {

std::atomic<int> signal_received{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

void note(int signal) {
  signal_received.store(signal);
  // The second signal ends the process at once.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGHUP, SIG_DFL);
}

}  // namespace

void stop_on_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // One that the caller ignores, as nohup does, stays ignored.
    if (std::signal(signal, note) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

int interrupted_by() { return signal_received.load(); }

}  // namespace mlacheck
