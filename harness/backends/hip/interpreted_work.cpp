#include "harness/backends/hip/interpreted_work.hpp"

#include <dlfcn.h>

namespace mlacheck::hip {
namespace {

// Totals since the process began, in the order of DriverWork's members.
using Count = void (*)(DriverWork*);

Count counter() {
  static const auto kCounter =
      reinterpret_cast<Count>(dlsym(RTLD_DEFAULT, "mlacheck_interpreted_work"));
  return kCounter;
}

// 0: as without a choice; 1: descending; 2: drawn from the seed.
using Choose = void (*)(std::uint32_t order, std::uint64_t seed);

Choose chooser() {
  static const auto kChooser =
      reinterpret_cast<Choose>(dlsym(RTLD_DEFAULT, "mlacheck_interpreted_order"));
  return kChooser;
}

DriverWork total() {
  DriverWork work;
  counter()(&work);
  return work;
}

void add(DriverWork& to, const DriverWork& from, const DriverWork& until) {
  to.launches += until.launches - from.launches;
  to.allocations += until.allocations - from.allocations;
  to.bytes_filled += until.bytes_filled - from.bytes_filled;
  to.bytes_copied += until.bytes_copied - from.bytes_copied;
  to.synchronizations += until.synchronizations - from.synchronizations;
}

// Counting stops while pauses live, which nest.
bool counting = false;
int pauses = 0;
DriverWork counted;
DriverWork resumed;

}  // namespace

bool interpreted() { return counter() != nullptr; }

bool can_order() { return chooser() != nullptr; }

void set_order(Order order, std::uint64_t seed) {
  if (!can_order()) return;
  chooser()(order == Order::ascending ? 0 : order == Order::descending ? 1 : 2, seed);
}

std::string watch_unavailable() { return interpreted() ? "" : "the HIP runtime is not watched"; }

void watch() {
  counting = interpreted();
  counted = {};
  if (counting) resumed = total();
}

std::optional<DriverWork> watched() {
  if (!counting) return std::nullopt;
  if (pauses == 0) add(counted, resumed, total());
  counting = false;
  return counted;
}

WatchPause::WatchPause() {
  if (++pauses == 1 && counting) add(counted, resumed, total());
}

WatchPause::~WatchPause() {
  if (--pauses == 0 && counting) resumed = total();
}

}  // namespace mlacheck::hip
