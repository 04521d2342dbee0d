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

#include "harness/backends/cpu/memory/page_files.hpp"

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
// Wide enough for an offset of four-byte elements that wraps modulo 2^32, or is one such row too far.
constexpr std::size_t kFarZone = std::size_t{1} << 36;

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

void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    ::signal(signal, SIG_DFL);
  }
}

void on_fault(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Guard& guard : guards) {
    const std::uintptr_t page = guard.page.load();
    if (page == 0 || address < page || address >= guard.page_end) continue;
    report(guard, address);
    // The handler before may know more of the place. Whatever it does, the instruction faults again on
    // return, and then the process dies of the signal.
    pass_on(signal, info, context);
    ::signal(signal, SIG_DFL);
    return;
  }
  pass_on(signal, info, context);
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

// `body` bytes that can be used, between zones that nobody may touch. Null when there is no address
// space for it.
std::byte* map_between(std::size_t front, std::size_t body, std::size_t back) {
  const std::size_t whole = front + body + back;
  void* const mapping =
      mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  std::byte* const usable = static_cast<std::byte*>(mapping) + front;
  if (mprotect(usable, body, PROT_READ | PROT_WRITE) == 0) return usable;
  munmap(mapping, whole);
  return nullptr;
}

// With all its zones. The caller holds the mutex.
void release(void* mapping, std::size_t mapped) {
  forget_file(static_cast<const std::byte*>(mapping), mapped);
  for (Guard& guard : guards) {
    if (guard.page.load() != 0 && guard.mapping == mapping) guard.page.store(0);
  }
  munmap(mapping, mapped);
}

// The zone of a buffer that begins, or ends, at `edge`.
struct Zone {
  Side side;
  std::byte* first;
  std::size_t bytes;
  std::byte* edge;
};

// False when all slots are taken. The caller holds the mutex.
bool guard(const Zone& zone, const std::string& name, std::byte* mapping, std::size_t mapped) {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  const auto slot = std::find_if(guards.begin(), guards.end(),
                                 [](const Guard& guard) { return guard.page.load() == 0; });
  if (slot == guards.end()) return false;
  const std::size_t length = std::min(name.size(), slot->name.size() - 1);
  std::memcpy(slot->name.data(), name.data(), length);
  slot->name[length] = '\0';
  slot->side = zone.side;
  slot->mapping = mapping;
  slot->mapped = mapped;
  slot->edge = reinterpret_cast<std::uintptr_t>(zone.edge);
  const auto first = reinterpret_cast<std::uintptr_t>(zone.first);
  slot->page_end = first + zone.bytes;
  slot->page.store(first);
  return true;
}

std::size_t whole_pages(std::size_t bytes) {
  const std::size_t page = page_bytes();
  return (std::max<std::size_t>(bytes, 1) + page - 1) / page * page;
}

}  // namespace

std::byte* allocate_guarded(std::size_t bytes, Side side, const std::string& name) {
  const bool at_end = side == Side::end;
  const std::size_t body = whole_pages(bytes);
  const std::size_t zone = kGuardPages * page_bytes();
  std::byte* const usable = map_between(at_end ? 0 : zone, body, at_end ? zone : 0);
  if (usable == nullptr) return nullptr;
  std::byte* const mapping = at_end ? usable : usable - zone;
  std::byte* const memory = at_end ? usable + body - bytes : usable;
  const std::lock_guard<std::mutex> lock(guards_mutex);
  if (guard({side, at_end ? usable + body : mapping, zone, at_end ? memory + bytes : memory}, name,
            mapping, body + zone)) {
    return memory;
  }
  munmap(mapping, body + zone);
  return nullptr;
}

std::byte* allocate_sparse(std::size_t bytes, const std::string& name) {
  const std::size_t body = whole_pages(bytes);
  std::byte* const memory = map_between(kFarZone, body, kFarZone);
  if (memory == nullptr) return nullptr;
  std::byte* const mapping = memory - kFarZone;
  const std::size_t mapped = body + 2 * kFarZone;
  const std::lock_guard<std::mutex> lock(guards_mutex);
  if (guard({Side::begin, mapping, kFarZone, memory}, name, mapping, mapped) &&
      guard({Side::end, memory + body, kFarZone, memory + bytes}, name, mapping, mapped)) {
    return memory;
  }
  release(mapping, mapped);
  return nullptr;
}

std::byte* allocate_spread(std::size_t bytes, const std::string& name) {
  std::byte* const memory = allocate_sparse(bytes, name);
  if (memory == nullptr) return nullptr;
  back_by_file(memory, whole_pages(bytes));
  return memory;
}

void free_guarded(std::byte* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::lock_guard<std::mutex> lock(guards_mutex);
  for (const Guard& guard : guards) {
    const auto base = reinterpret_cast<std::uintptr_t>(guard.mapping);
    if (guard.page.load() == 0 || address < base || address >= base + guard.mapped) continue;
    release(guard.mapping, guard.mapped);
    return;
  }
}

void set_fault_listener(void (*listener)(const char* text)) { fault_listener = listener; }

}  // namespace mlacheck::cpu
