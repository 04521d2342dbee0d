// The memory that a fiber runs on.
#pragma once

#include <cstddef>

namespace mlacheck::cpu {

/// A mapping with an unmapped guard page at its low end, so that an overflow faults instead of
/// corrupting a neighbour. Movable only.
class Stack {
 public:
  /// Throws std::bad_alloc when the address space is exhausted.
  Stack();
  Stack(Stack&& other) noexcept;
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  Stack& operator=(Stack&&) = delete;
  ~Stack();

  std::byte* bottom() const { return bottom_; }
  std::size_t bytes() const;

  /// Makes TSan forget who accessed the stack.
  void forget_accesses();

 private:
  std::byte* mapping_ = nullptr;
  std::byte* bottom_ = nullptr;
};

}  // namespace mlacheck::cpu
