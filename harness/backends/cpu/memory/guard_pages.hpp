// Buffers that end, or begin, at an inaccessible page, and address space without memory.
#pragma once

#include <cstddef>
#include <string>

#include "harness/backends/backend.hpp"

namespace mlacheck::cpu {

/// `bytes` bytes, the last one right in front of a protected page (Side::end), or the first one
/// right behind one (Side::begin). Null when there is no memory. The first call installs a handler
/// of SIGSEGV and SIGBUS, which passes faults that lie elsewhere on to the handler before it.
std::byte* allocate_guarded(std::size_t bytes, Side side, const std::string& name);

/// Addresses that read as zero and take memory page by page as they are written, between zones of 64
/// GiB that are protected in the same way. Null when there is no address space.
std::byte* allocate_sparse(std::size_t bytes, const std::string& name);

/// The same, and touched_pages() can tell which pages were touched; a read takes one, too.
std::byte* allocate_spread(std::size_t bytes, const std::string& name);

/// Of any kind.
void free_guarded(std::byte* memory);

/// What to do with a fault at a guard page before the process ends. Called inside the signal
/// handler with "operand kv: access 4 bytes past its end": async-signal-safe functions only.
/// Returns to let the process die of the signal. Null: the text goes to stderr.
void set_fault_listener(void (*listener)(const char* text));

}  // namespace mlacheck::cpu
