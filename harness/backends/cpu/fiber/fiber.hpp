// What a GPU thread runs on: a stack, and the place in the code where it was left.
//
// A fiber outlives the GPU thread that ran on it. Its body is a loop, in which it waits for the
// next thread to run. So a launch of thousands of threads that never wait needs one fiber and no
// switch.
#pragma once

#include <cstddef>
#include <optional>

#include "harness/backends/cpu/fiber/stack.hpp"

namespace mlacheck::cpu {

class Fiber {
 public:
  using Body = void (*)(void* argument, Fiber& self);

  /// The fiber of the calling OS thread: it already runs.
  Fiber() = default;
  /// A fiber that calls body(argument, *this) when it is first switched to. The body never returns.
  /// `color` staggers the frames of fibers in the cache, where equal stacks would collide.
  Fiber(Body body, void* argument, unsigned color);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Switches from `from`, which runs, to `to`. Returns when another switch comes back to `from`.
  static void switch_to(Fiber& from, Fiber& to);

  /// Forgets where the fiber is: it starts its body anew on its next turn. What its frames held is
  /// lost, no destructor runs.
  void restart();

  /// Makes TSan forget what ran on the stack.
  void forget_accesses() { stack_->forget_accesses(); }

 private:
  struct Passage {
    Fiber* from;
    Fiber* to;
  };
  struct Entry;  // the functions with Boost.Context's types in their signatures

  void make_context();

  std::optional<Stack> stack_;
  Body body_ = nullptr;
  void* argument_ = nullptr;
  unsigned color_ = 0;
  void* context_ = nullptr;     // Boost.Context's handle, while not running
  void* fake_stack_ = nullptr;  // ASan's memory of escaped locals, while not running
  const void* bottom_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace mlacheck::cpu
