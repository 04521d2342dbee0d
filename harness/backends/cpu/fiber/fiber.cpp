#include "harness/backends/cpu/fiber/fiber.hpp"

#include <boost/context/detail/fcontext.hpp>
#include <cstdlib>

#include "harness/backends/cpu/fiber/switch_annotations.hpp"

// A frame that is left in one stack and returned to later must not carry ASan's own bookkeeping.
#if defined(__clang__)
#define MLACHECK_PLAIN_FRAME __attribute__((no_sanitize("address", "undefined")))
#else
#define MLACHECK_PLAIN_FRAME
#endif

namespace mlacheck::cpu {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

constexpr unsigned kColors = 32;
constexpr std::size_t kColorBytes = 128;

}  // namespace

struct Fiber::Entry {
  // The other side of a switch: remember where the fiber that was left can be resumed.
  MLACHECK_PLAIN_FRAME static Fiber& arrive(transfer_t transfer) {
    Passage& passage = *static_cast<Passage*>(transfer.data);
    Fiber& from = *passage.from;
    Fiber& self = *passage.to;
    from.context_ = transfer.fctx;
    // The OS thread's own stack is known only from here.
    complete_switch(self.fake_stack_, &from.bottom_, &from.bytes_);
    return self;
  }

  MLACHECK_PLAIN_FRAME static void start(transfer_t transfer) {
    Fiber& self = arrive(transfer);
    self.body_(self.argument_, self);
    std::abort();  // there is no frame to return to
  }
};

Fiber::Fiber(Body body, void* argument, unsigned color)
    : stack_(std::in_place), body_(body), argument_(argument), color_(color % kColors) {
  bottom_ = stack_->bottom();
  bytes_ = stack_->bytes();
  make_context();
}

void Fiber::make_context() {
  std::byte* const top = stack_->bottom() + stack_->bytes() - color_ * kColorBytes;
  context_ = make_fcontext(top, static_cast<std::size_t>(top - stack_->bottom()), &Entry::start);
  fake_stack_ = nullptr;
}

void Fiber::restart() {
  forget_frames(stack_->bottom(), stack_->bytes());
  make_context();
}

MLACHECK_PLAIN_FRAME void Fiber::switch_to(Fiber& from, Fiber& to) {
  Passage passage{&from, &to};
  announce_switch(&from.fake_stack_, to.bottom_, to.bytes_);
  Entry::arrive(jump_fcontext(to.context_, &passage));
}

}  // namespace mlacheck::cpu
