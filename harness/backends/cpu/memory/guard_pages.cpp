#include "harness/backends/cpu/memory/guard_pages.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX, not C++
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace mlacheck::cpu {
namespace {

// One guarded buffer, as the signal handler sees it: plain data in a fixed array.
struct Guard {
  std::atomic<std::uintptr_t> page{0};  // 0: the slot is free
  std::uintptr_t page_end = 0;
  std::uintptr_t edge = 0;  // the buffer's end, or its first byte
  Side side = Side::end;
  std::array<char, 64> name{};
  void* mapping = nullptr;
  std::size_t mapped = 0;
};

constexpr std::size_t kGuards = 512;
constexpr std::size_t kGuardPages = 16;  // wide enough to catch a row or two too far

std::array<Guard, kGuards> guards;
std::mutex guards_mutex;
std::atomic<void (*)(const char*)> fault_listener{nullptr};
struct sigaction previous_segv;
struct sigaction previous_bus;

// snprintf is not async-signal-safe.
char* append(char* at, const char* end, const char* text) {
  while (*text != '\0' && at < end) *at++ = *text++;
  return at;
}

char* append(char* at, const char* end, std::uintptr_t number) {
  std::array<char, 24> digits{};
  char* first = digits.data() + digits.size() - 1;
  do {
    *--first = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return append(at, end, first);
}

void report(const Guard& guard, std::uintptr_t address) {
  std::array<char, 160> text{};
  const char* const end = text.data() + text.size() - 2;
  char* at = append(text.data(), end, guard.name.data());
  if (guard.side == Side::end) {
    at = append(at, end, ": access at byte ");
    at = append(at, end, address - guard.edge);
    at = append(at, end, " past its end");
  } else {
    at = append(at, end, ": access at byte ");
    at = append(at, end, guard.edge - address);
    at = append(at, end, " before its start");
  }
  *at = '\0';
  if (void (*const listener)(const char*) = fault_listener.load()) {
    listener(text.data());
  } else {
    *at++ = '\n';
    static_cast<void>(
        !write(STDERR_FILENO, text.data(), static_cast<std::size_t>(at - text.data())));
  }
}

void on_fault(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Guard& guard : guards) {
    const std::uintptr_t page = guard.page.load();
    if (page == 0 || address < page || address >= guard.page_end) continue;
    report(guard, address);
    // The instruction faults again on return, and then the process dies of the signal.
    ::signal(signal, SIG_DFL);
    return;
  }
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    ::signal(signal, SIG_DFL);
  }
}

void install_handler() {
  struct sigaction action{};
  action.sa_sigaction = &on_fault;
  // On the faulting stack: fibers have room for it, and no thread of ours has an alternate stack.
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &previous_segv);
  sigaction(SIGBUS, &action, &previous_bus);
}

std::size_t page_bytes() {
  static const auto kBytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return kBytes;
}

}  // namespace

std::byte* allocate_guarded(std::size_t bytes, Side side, const std::string& name) {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  const std::size_t page = page_bytes();
  const std::size_t body = (std::max<std::size_t>(bytes, 1) + page - 1) / page * page;
  const std::size_t zone = kGuardPages * page;
  const std::size_t whole = body + zone;
  void* const mapping =
      mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  auto* const base = static_cast<std::byte*>(mapping);
  std::byte* const usable = side == Side::end ? base : base + zone;
  if (mprotect(usable, body, PROT_READ | PROT_WRITE) != 0) {
    munmap(mapping, whole);
    return nullptr;
  }
  const std::lock_guard<std::mutex> lock(guards_mutex);
  const auto slot = std::find_if(guards.begin(), guards.end(),
                                 [](const Guard& guard) { return guard.page.load() == 0; });
  if (slot == guards.end()) {
    munmap(mapping, whole);
    return nullptr;
  }
  std::byte* const memory = side == Side::end ? base + body - bytes : usable;
  const std::size_t length = std::min(name.size(), slot->name.size() - 1);
  std::memcpy(slot->name.data(), name.data(), length);
  slot->name[length] = '\0';
  slot->side = side;
  slot->mapping = mapping;
  slot->mapped = whole;
  slot->edge = reinterpret_cast<std::uintptr_t>(side == Side::end ? memory + bytes : memory);
  const auto first = reinterpret_cast<std::uintptr_t>(side == Side::end ? base + body : base);
  slot->page_end = first + zone;
  slot->page.store(first);
  return memory;
}

void free_guarded(std::byte* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::lock_guard<std::mutex> lock(guards_mutex);
  for (Guard& guard : guards) {
    const auto base = reinterpret_cast<std::uintptr_t>(guard.mapping);
    if (guard.page.load() == 0 || address < base || address >= base + guard.mapped) continue;
    guard.page.store(0);
    munmap(guard.mapping, guard.mapped);
    return;
  }
}

void set_fault_listener(void (*listener)(const char* text)) { fault_listener = listener; }

namespace {

std::mutex sparse_mutex;
std::unordered_map<std::byte*, std::size_t>& sparse_sizes() {
  static std::unordered_map<std::byte*, std::size_t> sizes;
  return sizes;
}

}  // namespace

std::byte* allocate_sparse(std::size_t bytes) {
  void* const mapping = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  auto* const memory = static_cast<std::byte*>(mapping);
  const std::lock_guard<std::mutex> lock(sparse_mutex);
  sparse_sizes()[memory] = bytes;
  return memory;
}

void free_sparse(std::byte* memory) {
  const std::lock_guard<std::mutex> lock(sparse_mutex);
  const auto found = sparse_sizes().find(memory);
  if (found == sparse_sizes().end()) return;
  munmap(memory, found->second);
  sparse_sizes().erase(found);
}

}  // namespace mlacheck::cpu
