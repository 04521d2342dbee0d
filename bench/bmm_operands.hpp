// Operands of the batched products without their contents, and those contents as random bits in
// device memory. A model's own materialise() draws each element by itself, which takes minutes at
// the sizes that are timed here.
#pragma once

#include <string>
#include <vector>

#include "harness/backends/backend.hpp"
#include "harness/op/call.hpp"
#include "harness/op/problem.hpp"

namespace mlacheck::bench {

struct BmmShape {
  std::int64_t batch;
  std::int64_t heads;
  std::int64_t depth;
  std::int64_t columns;
};

/// Which memory a product is written to.
enum class OutLayout {
  tokens_first,  ///< [T, H, V], what the caller wants
  heads_first,   ///< [H, T, V], what the product gives by itself
};

/// `form` is one of quantized_bmm, or "bf16" for strided_bmm. No operand has contents.
Problem bmm_problem(const std::string& form, const BmmShape& shape, OutLayout out);

/// The operands of a problem in the memory of a backend, which must outlive them.
class DeviceOperands {
 public:
  /// Inputs get random bits of finite numbers. Throws std::runtime_error if there is no memory.
  DeviceOperands(const Problem& problem, Backend& backend);
  DeviceOperands(const DeviceOperands&) = delete;
  DeviceOperands& operator=(const DeviceOperands&) = delete;
  ~DeviceOperands();

  /// `problem` may differ in strides from the one that the operands were made for.
  Call call(const Problem& problem) const;

  void fill_output(std::byte value);
  std::vector<std::byte> output() const;

 private:
  struct Memory {
    std::byte* data;
    std::size_t bytes;
  };
  Backend* backend_;
  std::vector<Memory> memory_;
  std::size_t output_ = 0;
};

}  // namespace mlacheck::bench
