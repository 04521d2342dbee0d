#include "harness/process/resource_limits.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace mlacheck {
namespace {

struct Kind {
  __rlimit_resource_t number;
  const char* name;
};

constexpr std::array<Kind, 16> kKinds{{
    {RLIMIT_AS, "RLIMIT_AS"},
    {RLIMIT_CORE, "RLIMIT_CORE"},
    {RLIMIT_CPU, "RLIMIT_CPU"},
    {RLIMIT_DATA, "RLIMIT_DATA"},
    {RLIMIT_FSIZE, "RLIMIT_FSIZE"},
    {RLIMIT_LOCKS, "RLIMIT_LOCKS"},
    {RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK"},
    {RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE"},
    {RLIMIT_NICE, "RLIMIT_NICE"},
    {RLIMIT_NOFILE, "RLIMIT_NOFILE"},
    {RLIMIT_NPROC, "RLIMIT_NPROC"},
    {RLIMIT_RSS, "RLIMIT_RSS"},
    {RLIMIT_RTPRIO, "RLIMIT_RTPRIO"},
    {RLIMIT_RTTIME, "RLIMIT_RTTIME"},
    {RLIMIT_SIGPENDING, "RLIMIT_SIGPENDING"},
    {RLIMIT_STACK, "RLIMIT_STACK"},
}};

using Limits = std::array<rlimit, kKinds.size()>;

Limits present() {
  Limits limits{};
  for (std::size_t i = 0; i < kKinds.size(); ++i) getrlimit(kKinds[i].number, &limits[i]);
  return limits;
}

bool equal(const rlimit& a, const rlimit& b) {
  return a.rlim_cur == b.rlim_cur && a.rlim_max == b.rlim_max;
}

// A hard limit that was lowered takes a privilege to raise; the soft one goes as far as it may.
bool restore(const Kind& kind, const rlimit& wanted) {
  if (setrlimit(kind.number, &wanted) == 0) return true;
  rlimit possible{};
  getrlimit(kind.number, &possible);
  possible.rlim_cur = std::min(wanted.rlim_cur, possible.rlim_max);
  setrlimit(kind.number, &possible);
  return false;
}

}  // namespace

ChangedLimits restore_resource_limits() {
  static std::mutex mutex;  // --in-process runs cases on several threads
  static Limits expected = present();
  const std::lock_guard<std::mutex> lock(mutex);
  const Limits found = present();
  std::array<bool, kKinds.size()> changed{};
  ChangedLimits result;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    changed[i] = !equal(found[i], expected[i]);
    if (!changed[i] || restore(kKinds[i], expected[i])) continue;
    result.restored = false;
    // Later calls are compared with what is there now, or each would be reported for this one.
    getrlimit(kKinds[i].number, &expected[i]);
  }
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (changed[i])
      result.names += (result.names.empty() ? "" : ", ") + std::string(kKinds[i].name);
  }
  return result;
}

}  // namespace mlacheck
