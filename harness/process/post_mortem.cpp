#include "harness/process/post_mortem.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "harness/backends/cpu/memory/guard_pages.hpp"
#include "harness/environment/foreign_code.hpp"
#include "harness/environment/progress.hpp"
#include "harness/process/own_time.hpp"
#include "harness/process/resource_limits.hpp"

namespace mlacheck {
namespace {

PostMortem* own_page = nullptr;
std::uint64_t question = 0;  // a forked child has a copy

// Plain memory on both sides: both atomics are free of locks.
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

long own_process() { return getpid(); }

[[noreturn]] void leave_as_stray() {
  own_page->stray_number = question;
  ++own_page->strays;
  _exit(0);
}

std::string restore_limits() {
  ChangedLimits changed = restore_resource_limits();
  if (!changed.restored) own_page->spoiled = 1;
  return std::move(changed.names);
}

constexpr ProcessWatch kWatch{&own_process, &leave_as_stray, &restore_limits};

template <std::size_t Size>
void store(std::array<char, Size>& to, const char* text, std::size_t length) {
  length = std::min(length, Size - 1);
  std::memcpy(to.data(), text, length);
  to[length] = '\0';
}

PostMortem* map(int descriptor) {
  void* const page =
      mmap(nullptr, sizeof(PostMortem), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return page == MAP_FAILED ? nullptr : static_cast<PostMortem*>(page);
}

}  // namespace

PostMortemPage make_post_mortem_page() {
  PostMortemPage result;
  result.descriptor = memfd_create("mlacheck-post-mortem", MFD_CLOEXEC);
  if (result.descriptor < 0) return result;
  if (ftruncate(result.descriptor, sizeof(PostMortem)) == 0) result.page = map(result.descriptor);
  return result;
}

void release(const PostMortemPage& page) {
  if (page.page != nullptr) munmap(page.page, sizeof(PostMortem));
  if (page.descriptor >= 0) close(page.descriptor);
}

bool keep_post_mortem(int descriptor) {
  own_page = map(descriptor);
  if (own_page == nullptr) return false;
  set_progress_listener(
      [](std::string_view check) { store(own_page->check, check.data(), check.size()); });
  cpu::set_fault_listener(
      [](const char* text) { store(own_page->fault, text, std::strlen(text)); });
  set_process_watch(&kWatch);
  return true;
}

void note_foreign_code() { own_page->begun = own_time(); }

void note_ready() { own_page->ready = 1; }

void note_first_call(bool begins) {
  const std::uint64_t began = own_page->first_call_since.exchange(begins ? own_time() : 0);
  if (!begins && began != 0) own_page->first_calls_took += own_time() - began;
}

void note_question(std::uint64_t number) {
  question = number;
  own_page->first_call_since = 0;
  own_page->first_calls_took = 0;
  own_page->check[0] = '\0';
  own_page->fault[0] = '\0';
  own_page->noted = 0;
}

bool note_result(std::string_view text) {
  own_page->noted = 0;
  if (text.size() > own_page->result.size()) return false;
  std::memcpy(own_page->result.data(), text.data(), text.size());
  own_page->noted = static_cast<std::uint32_t>(text.size());
  return true;
}

void wait_for_strays(std::chrono::milliseconds most) {
  for (int i = 0; i < most.count() && own_page->strays == 0; ++i) {
    siginfo_t info{};
    // Does not reap a child (WNOWAIT): it may be the subject's.
    const int result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    if (result != 0 || info.si_pid != 0) return;
    usleep(1000);
  }
}

}  // namespace mlacheck
