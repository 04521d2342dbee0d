// How __threadfence() and atomics look to TSan, which ignores fences.
//
// The CUDA memory model, like C++, lets a fence before an atomic write and a fence after an atomic
// read of that value order everything around them. So for TSan an atomic after a fence of the same
// GPU thread is a release on its address, and a fence acquires the addresses of the atomics since
// the last one. A "last block done" kernel is therefore free of reports if it has both fences: one
// before the counter is raised, one after, in the thread that finds itself last. Approximation: the
// model does not ask which of several atomics on an address was read.
#pragma once

#if defined(MLACHECK_TSAN_INTRA) || defined(MLACHECK_TSAN_INTER)

#include <sanitizer/tsan_interface.h>

#include <array>
#include <cstddef>

namespace mlacheck::cpu {

class FenceState {
 public:
  void fence() {
    for (std::size_t i = 0; i < count_; ++i) __tsan_acquire(recent_[i]);
    // Histories need a release after each acquire: see race_model.hpp.
    __tsan_release(&private_object_);
    count_ = 0;
    fenced_ = true;
  }
  void before_atomic(const volatile void* address) {
    if (fenced_) __tsan_release(const_cast<void*>(address));
  }
  void after_atomic(const volatile void* address) {
    void* const object = const_cast<void*>(address);
    for (std::size_t i = 0; i < count_; ++i) {
      if (recent_[i] == object) return;
    }
    // Beyond the capacity the oldest are forgotten: a false report at worst, never a missed race.
    if (count_ == recent_.size()) {
      for (std::size_t i = 1; i < count_; ++i) recent_[i - 1] = recent_[i];
      --count_;
    }
    recent_[count_++] = object;
  }

 private:
  std::array<void*, 16> recent_{};
  std::size_t count_ = 0;
  bool fenced_ = false;
  char private_object_ = 0;
};

}  // namespace mlacheck::cpu

#else

namespace mlacheck::cpu {

class FenceState {
 public:
  void fence() {}
  void before_atomic(const volatile void*) {}
  void after_atomic(const volatile void*) {}
};

}  // namespace mlacheck::cpu

#endif
