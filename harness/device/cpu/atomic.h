// Atomics of CUDA: relaxed, each returning the old value. The overloads are exactly CUDA's, so that
// a call that compiles here compiles there. A block runs on one OS thread, but several blocks may
// run on several, so these are real atomics.
#pragma once

#include "harness/device/cpu/runtime.h"

namespace mlacheck::MLACHECK_TARGET {

namespace detail {

// Only TSan needs to be told how fences and atomics combine: harness/backends/cpu/block/fence.hpp.
#if defined(MLACHECK_TSAN_INTRA) || defined(MLACHECK_TSAN_INTER)
inline void before_atomic(const volatile void* address) { cpu::before_atomic(address); }
inline void after_atomic(const volatile void* address) { cpu::after_atomic(address); }
#else
inline void before_atomic(const volatile void*) {}
inline void after_atomic(const volatile void*) {}
#endif

// Replaces *address by update(old) and returns the old value.
template <class T, class Update>
inline T atomic_update(T* address, Update update) {
  before_atomic(address);
  T old;
  __atomic_load(address, &old, __ATOMIC_RELAXED);
  T desired = update(old);
  while (!__atomic_compare_exchange(address, &old, &desired, true, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED)) {
    desired = update(old);
  }
  after_atomic(address);
  return old;
}

template <class T>
inline T atomic_add(T* address, T value) {
  before_atomic(address);
  const T old = __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
  after_atomic(address);
  return old;
}

template <class T>
inline T atomic_exchange(T* address, T value) {
  before_atomic(address);
  T old;
  __atomic_exchange(address, &value, &old, __ATOMIC_RELAXED);
  after_atomic(address);
  return old;
}

template <class T>
inline T atomic_compare_and_swap(T* address, T compare, T value) {
  before_atomic(address);
  __atomic_compare_exchange(address, &compare, &value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  after_atomic(address);
  return compare;
}

template <class T>
inline T atomic_max(T* address, T value) {
  return atomic_update(address, [value](T old) { return old > value ? old : value; });
}

template <class T>
inline T atomic_min(T* address, T value) {
  return atomic_update(address, [value](T old) { return old < value ? old : value; });
}

}  // namespace detail

inline int atomicAdd(int* address, int value) { return detail::atomic_add(address, value); }
inline unsigned atomicAdd(unsigned* address, unsigned value) {
  return detail::atomic_add(address, value);
}
inline unsigned long long atomicAdd(unsigned long long* address, unsigned long long value) {
  return detail::atomic_add(address, value);
}
inline float atomicAdd(float* address, float value) {
  return detail::atomic_update(address, [value](float old) { return old + value; });
}

inline int atomicMax(int* address, int value) { return detail::atomic_max(address, value); }
inline unsigned atomicMax(unsigned* address, unsigned value) {
  return detail::atomic_max(address, value);
}
inline unsigned long long atomicMax(unsigned long long* address, unsigned long long value) {
  return detail::atomic_max(address, value);
}

inline int atomicMin(int* address, int value) { return detail::atomic_min(address, value); }
inline unsigned atomicMin(unsigned* address, unsigned value) {
  return detail::atomic_min(address, value);
}
inline unsigned long long atomicMin(unsigned long long* address, unsigned long long value) {
  return detail::atomic_min(address, value);
}

inline int atomicExch(int* address, int value) { return detail::atomic_exchange(address, value); }
inline unsigned atomicExch(unsigned* address, unsigned value) {
  return detail::atomic_exchange(address, value);
}
inline unsigned long long atomicExch(unsigned long long* address, unsigned long long value) {
  return detail::atomic_exchange(address, value);
}
inline float atomicExch(float* address, float value) {
  return detail::atomic_exchange(address, value);
}

inline int atomicCAS(int* address, int compare, int value) {
  return detail::atomic_compare_and_swap(address, compare, value);
}
inline unsigned atomicCAS(unsigned* address, unsigned compare, unsigned value) {
  return detail::atomic_compare_and_swap(address, compare, value);
}
inline unsigned long long atomicCAS(unsigned long long* address, unsigned long long compare,
                                    unsigned long long value) {
  return detail::atomic_compare_and_swap(address, compare, value);
}

inline void __threadfence() { cpu::fence(); }

}  // namespace mlacheck::MLACHECK_TARGET
