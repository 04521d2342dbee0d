// Which sanitizer this build runs under, and how the harness tells it what it knows about memory.
// All of it does nothing in plain builds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mlacheck::cpu {

#if defined(MLACHECK_ASAN)
constexpr bool is_asan() { return true; }
#else
constexpr bool is_asan() { return false; }
#endif
#if defined(MLACHECK_MSAN)
constexpr bool is_msan() { return true; }
#else
constexpr bool is_msan() { return false; }
#endif
#if defined(MLACHECK_TSAN_INTRA)
constexpr bool is_tsan_intra() { return true; }
#else
constexpr bool is_tsan_intra() { return false; }
#endif
#if defined(MLACHECK_TSAN_INTER)
constexpr bool is_tsan_inter() { return true; }
#else
constexpr bool is_tsan_inter() { return false; }
#endif
constexpr bool is_tsan() { return is_tsan_intra() || is_tsan_inter(); }
constexpr bool is_sanitized() { return is_asan() || is_msan() || is_tsan(); }

/// MSan: the bytes count as initialised, or not. Memory must be marked initialised before it is
/// freed, since the allocator hands it on as it is.
void mark_initialized(const void* address, std::size_t bytes);
void mark_uninitialized(const void* address, std::size_t bytes);

/// MSan: a byte of `to` is initialised exactly if its counterpart of `from` is.
void copy_initialization(void* to, const void* from, std::size_t bytes);

/// MSan: the offset of the first uninitialised byte; nothing in other builds.
std::optional<std::size_t> first_uninitialized(const void* address, std::size_t bytes);

/// ASan: an access becomes a report. ASan keeps one state for each 8 aligned bytes and can forbid
/// only a trailing part of them: a range that ends inside such 8 leaves its last bytes accessible
/// unless what follows is forbidden already. Bytes outside the range never become forbidden. The
/// memory must be allowed again before it is freed.
void forbid_access(const void* address, std::size_t bytes);
void allow_access(const void* address, std::size_t bytes);

/// The reports of ASan, UBSan, MSan and TSan caused by this OS thread since the last call, one line
/// each: "msan: use-of-uninitialized-value at K::kernel ... kernels/k/k.kernel.h:42:7 (kernel k,
/// block (0,0,0), thread (5,0,0))". The builds are set up to continue after a report. A process
/// that ends with reports that nobody drained exits with 86.
std::vector<std::string> drain_sanitizer_reports();

/// Whether reports also go to stderr (the default). A report that ends the process is always shown.
void show_sanitizer_reports(bool show);

}  // namespace mlacheck::cpu
