#include "harness/backends/cpu/block/async_copies.hpp"

#include "harness/backends/cpu/block/thread_block.hpp"
#include "harness/backends/cpu/sanitizers/race_model.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

// ASan has looked at both ends when the copy began, at the kernel's own line.
#if defined(__clang__)
#define MLACHECK_UNSEEN_BY_ASAN __attribute__((no_sanitize("address", "undefined")))
#else
#define MLACHECK_UNSEEN_BY_ASAN
#endif

namespace mlacheck::cpu {
namespace {

using Word [[gnu::may_alias, gnu::aligned(1)]] = std::uint32_t;

// Copied word by word: every sanitizer would check a library call.
MLACHECK_UNSEEN_BY_ASAN void land(const AsyncCopy& copy) {
  auto* const to = static_cast<Word*>(copy.to);
  const auto* const from = static_cast<const Word*>(copy.from);
  for (unsigned i = 0; i < copy.bytes / sizeof(Word); ++i) to[i] = from[i];
  copy_initialization(copy.to, copy.from, copy.bytes);
}

}  // namespace

void ThreadBlock::async_copy(void* to, const void* from, unsigned bytes) {
  {
    const UnseenByTsan unseen;
    current_->copies.add(to, from, bytes);
  }
  // Until the wait the bytes are neither the old nor the new ones.
  mark_uninitialized(to, bytes);
  has_copies_ = true;
  land_some_copies();
}

void ThreadBlock::async_commit() {
  current_->copies.commit();
  land_some_copies();
}

void ThreadBlock::async_wait(unsigned pending) {
  AsyncCopies& copies = current_->copies;
  copies.take([&](const AsyncCopy& copy) { return copies.waits_for(copy, pending); },
              [&](const AsyncCopy& copy) {
                races_.copy(copy.to, copy.from, copy.bytes);
                land(copy);
              });
  land_some_copies();
}

void ThreadBlock::land_some_copies() {
  if (!has_copies_ || order_ == ThreadOrder::ascending) return;
  current_->copies.take(
      [&](const AsyncCopy&) { return order_ == ThreadOrder::descending || random_->below(2) == 0; },
      &land);
}

void ThreadBlock::land_forgotten_copies() {
  if (!has_copies_) return;
  for (GpuThread& thread : threads_) {
    thread.copies.take([](const AsyncCopy&) { return true; }, &land);
  }
}

}  // namespace mlacheck::cpu
