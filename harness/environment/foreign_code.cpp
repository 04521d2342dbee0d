#include "harness/environment/foreign_code.hpp"

#include <atomic>
#include <clocale>
#include <utility>

namespace mlacheck {
namespace {

std::atomic<const ProcessWatch*> process_watch{nullptr};

std::string& changed_environment() {
  thread_local std::string text;
  return text;
}

std::string& changed_limits() {
  thread_local std::string text;
  return text;
}

// Numbers in reports and messages have a point, whatever setlocale() was called with.
void use_locale_of_the_harness() {
  static locale_t const own = newlocale(LC_ALL_MASK, "C", nullptr);
  if (own != nullptr) uselocale(own);
}

}  // namespace

ForeignCode::ForeignCode() : before_(float_environment()) {
  set_float_environment(standard_float_environment());
  if (const ProcessWatch* const watch = process_watch.load()) process_ = watch->process();
}

ForeignCode::~ForeignCode() {
  const FloatEnvironment left = float_environment();
  set_float_environment(before_);
  const ProcessWatch* const watch = process_watch.load();
  if (watch != nullptr && watch->process() != process_) watch->stray();
  // First, while limits may still be too low for an allocation.
  const std::string limits = watch == nullptr ? std::string() : watch->restore_limits();
  use_locale_of_the_harness();
  if (std::locale() != locale_) std::locale::global(locale_);
  if (changed_limits().empty()) changed_limits() = limits;
  if (left == standard_float_environment()) return;
  std::string& text = changed_environment();
  if (text.empty()) text = describe_difference(left);
}

std::string take_changed_environment() { return std::exchange(changed_environment(), {}); }

std::string take_changed_limits() { return std::exchange(changed_limits(), {}); }

void set_process_watch(const ProcessWatch* watch) { process_watch = watch; }

}  // namespace mlacheck
