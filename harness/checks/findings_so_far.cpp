#include "harness/checks/findings_so_far.hpp"

#include <atomic>

namespace mlacheck {
namespace {

std::atomic<void (*)(const CaseResult&)> findings_listener{nullptr};

}  // namespace

void note_findings(const CaseResult& result) {
  if (void (*const listener)(const CaseResult&) = findings_listener.load()) listener(result);
}

void set_findings_listener(void (*listener)(const CaseResult& result)) {
  findings_listener = listener;
}

}  // namespace mlacheck
