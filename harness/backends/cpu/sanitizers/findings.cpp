#include "harness/backends/cpu/sanitizers/findings.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/backends/cpu/sanitizers/source_path.hpp"

namespace mlacheck::cpu {
namespace {

constexpr std::array<std::string_view, 13> kNames{
    "barrier_after_exit",      "barrier_divergence",     "mask_excludes_caller",
    "mask_names_absent_lane",  "mask_names_exited_lane", "mask_disagreement",
    "collective_disagreement", "bad_shuffle_width",      "deadlock",
    "shared_memory_overrun",   "shared_memory_limit",    "kernel_exception",
    "misaligned_access"};

std::string print(Index3 i) {
  return "(" + std::to_string(i.x) + "," + std::to_string(i.y) + "," + std::to_string(i.z) + ")";
}

std::string print(SourceLine where) {
  if (where.file == nullptr) return "an unknown line";
  return source_path(where.file) + ":" + std::to_string(where.line);
}

std::string hex(std::uint64_t value) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string explain(const FindingNote& note) {
  std::string here = "thread " + print(note.thread) + " at " + print(note.where);
  switch (note.kind) {
    case FindingKind::barrier_after_exit:
      return here + " waits at a barrier with " + std::to_string(note.a) + " threads, but " +
             std::to_string(note.b) + " of the block have left the kernel";
    case FindingKind::barrier_divergence:
      return here + " waits at one barrier while other threads wait at " + print(note.elsewhere);
    case FindingKind::mask_excludes_caller:
      return here + " is lane " + std::to_string(note.b) + ", which its own mask " + hex(note.a) +
             " does not name";
    case FindingKind::mask_names_absent_lane:
      return here + " uses mask " + hex(note.a) + ", whose lanes " + hex(note.b) +
             " do not exist in this block";
    case FindingKind::mask_names_exited_lane:
      return here + " uses mask " + hex(note.a) + ", whose lanes " + hex(note.b) +
             " have left the kernel";
    case FindingKind::mask_disagreement:
      return here + " waits with mask " + hex(note.a) + " for a lane that waits with mask " +
             hex(note.b) + " at " + print(note.elsewhere);
    case FindingKind::collective_disagreement:
      return here + " and a lane of the same mask " + hex(note.a) + " at " + print(note.elsewhere) +
             " take part in different collectives";
    case FindingKind::bad_shuffle_width:
      return here + " shuffles with width " + std::to_string(static_cast<std::int64_t>(note.a)) +
             ", which is no power of two up to the warp width";
    case FindingKind::deadlock:
      return here + " waits, and so do all " + std::to_string(note.a) +
             " live threads: nobody can go on; another waits at " + print(note.elsewhere);
    case FindingKind::shared_memory_overrun:
      return "shared variable " + std::string(note.name.data()) + " (" + std::to_string(note.a) +
             " bytes, declared at " + print(note.where) + ") was overrun at byte offset " +
             std::to_string(static_cast<std::int64_t>(note.b));
    case FindingKind::shared_memory_limit:
      return "with shared variable " + std::string(note.name.data()) + " (declared at " +
             print(note.where) + ") the block uses " + std::to_string(note.a) +
             " bytes of shared memory where at most " + std::to_string(note.b) + " are available";
    case FindingKind::kernel_exception:
      return "thread " + print(note.thread) + " threw: " + std::string(note.name.data());
    case FindingKind::misaligned_access:
      return here + " accesses " + std::to_string(note.a) + " bytes " +
             std::to_string(reinterpret_cast<std::uintptr_t>(note.address) % note.b) +
             " past a multiple of " + std::to_string(note.b) + ", where a GPU faults";
  }
  return here;
}

}  // namespace

std::string_view name_of(FindingKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

void copy_text(std::array<char, 96>& to, const char* from) {
  std::size_t i = 0;
  // The volatile read keeps the compiler from calling strncpy, which MSan and TSan would see.
  const volatile char* source = from;
  for (; source != nullptr && i + 1 < to.size(); ++i) {
    const char c = source[i];
    if (c == 0) break;
    to[i] = c;
  }
  to[i] = 0;
}

void FindingLog::clear() {
  notes_.clear();
  dropped_ = 0;
}

void FindingLog::add(const FindingNote& note) {
  const bool known = std::any_of(notes_.begin(), notes_.end(), [&](const FindingNote& other) {
    return other.kind == note.kind && other.where.line == note.where.line &&
           other.where.file == note.where.file;
  });
  if (known) return;
  if (notes_.size() == kCapacity) {
    ++dropped_;
    return;
  }
  notes_.push_back(note);
  // The note was built on a fiber's stack, where kernels have left their shadow for MSan.
  mark_initialized(&notes_.back(), sizeof(FindingNote));
}

void FindingLog::describe(const char* kernel, std::vector<ExecutorFinding>& out) const {
  for (const FindingNote& note : notes_) {
    std::string text = "kernel " + std::string(kernel) + ", block " + print(note.block) + ": " +
                       std::string(name_of(note.kind)) + ": " + explain(note);
    if (dropped_ != 0 && &note == &notes_.back()) {
      text += " (and " + std::to_string(dropped_) + " further findings)";
    }
    out.push_back({note.kind, std::move(text), note.address});
  }
}

}  // namespace mlacheck::cpu
