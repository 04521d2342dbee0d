// Operands of a problem in the memory of a backend, those without contents as random bits. A model's own
// materialise() draws each element by itself, which takes minutes at the sizes that are timed here.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/op/call.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck::bench {

/// The operands of a problem in the memory of a backend, which must outlive them.
class DeviceOperands {
 public:
  /// Inputs without contents get random bits of finite numbers. Throws std::runtime_error if there is no memory.
  DeviceOperands(const Problem& problem, Backend& backend);
  DeviceOperands(const DeviceOperands&) = delete;
  DeviceOperands& operator=(const DeviceOperands&) = delete;
  ~DeviceOperands();

  /// `problem` may differ in strides from the one that the operands were made for.
  Call call(const Problem& problem) const;

  /// Of all outputs: what one call left there must not help the next.
  void fill_outputs(std::byte value);
  /// The last one, which depends on the others if there are several.
  std::vector<std::byte> output() const;

 private:
  struct Memory {
    std::byte* data;
    std::size_t bytes;
  };
  Backend* backend_;
  std::vector<Memory> memory_;
  std::vector<std::size_t> outputs_;
};

}  // namespace mlacheck::bench
