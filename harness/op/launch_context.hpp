// What a subject is given besides its operands: scratch memory, a stream, and the launch log.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "harness/op/status.hpp"
#include "harness/values/tensor.hpp"

namespace mlacheck {

struct Dim3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
  std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

/// One thing a host routine asked the device to do. `kernel` is a string literal.
struct LaunchRecord {
  const char* kernel = "";
  Dim3 grid;
  Dim3 block;
  std::uint64_t dynamic_shared_bytes = 0;
};

/// Memory moved without computing on it.
enum class Traffic {
  fill,  ///< set to a constant
  copy,
};

/// Handed to every host routine. A subject takes all its scratch from here, so that the harness can
/// poison, guard and count it; it never allocates on its own.
class LaunchContext {
 public:
  LaunchContext() = default;
  LaunchContext(const LaunchContext&) = delete;
  LaunchContext& operator=(const LaunchContext&) = delete;
  virtual ~LaunchContext() = default;

  /// Uninitialised (in the harness: poisoned) dense device memory that lives until the call's work
  /// is done. `name` appears in findings. An extent of 0 gives a null pointer.
  virtual Tensor allocate(std::string_view name, DType dtype,
                          std::span<const std::int64_t> shape) = 0;
  Tensor allocate(std::string_view name, DType dtype, std::initializer_list<std::int64_t> shape) {
    return allocate(name, dtype, std::span<const std::int64_t>(shape.begin(), shape.size()));
  }

  /// Returns scratch before the end of the call. Stream-ordered; the contents are lost.
  virtual void release(const Tensor& scratch) = 0;

  /// cudaStream_t or hipStream_t; null on the CPU.
  virtual void* stream() const = 0;

  /// Called by the launch layer before each launch. Anything but ok: the launch is refused, as a
  /// device may refuse it, and must not take place.
  virtual Status record(const LaunchRecord& launch) = 0;

  /// Called by a host routine for each launch or library call that only fills or copies, with the
  /// bytes written; and for each wait for the device. Cost contracts count them.
  virtual void record_traffic(Traffic /*traffic*/, std::uint64_t /*bytes*/) {}
  virtual void record_synchronization() {}

  /// A counter in device memory that every block increments once: the receipt that the launch
  /// really ran. The launch layer uses it. Null when no receipts are wanted.
  virtual unsigned long long* receipt_counter() const = 0;
};

}  // namespace mlacheck
