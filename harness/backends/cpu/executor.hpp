// The CPU executor as the harness sees it: how launches on this OS thread are scheduled, and what
// they found. Kernels reach it through harness/device; how it works is in docs/cpu-executor.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/op/status.hpp"

namespace mlacheck::cpu {

/// In which order the threads of a block, and the blocks of a grid, get to run. A correct kernel
/// gives the same result under all of them.
enum class ThreadOrder : std::uint8_t { ascending, descending, seeded };

struct ExecutorOptions {
  ThreadOrder order = ThreadOrder::ascending;
  std::uint64_t seed = 0;  ///< for ThreadOrder::seeded; drawn anew at every barrier
  unsigned workers = 1;    ///< OS threads that share the blocks; always 1 in a TSan build
  /// Sanitizer reports on one OS thread that stop a launch where it is: a kernel that does wrong in
  /// every thread would be reported for hours.
  std::size_t max_reports = 20;
};

/// The options of launches made by this OS thread.
ExecutorOptions executor_options();
void set_executor_options(const ExecutorOptions& options);

/// Sets them for a scope.
class ScopedExecutorOptions {
 public:
  explicit ScopedExecutorOptions(const ExecutorOptions& options);
  ScopedExecutorOptions(const ScopedExecutorOptions&) = delete;
  ScopedExecutorOptions& operator=(const ScopedExecutorOptions&) = delete;
  ~ScopedExecutorOptions();

 private:
  ExecutorOptions previous_;
};

enum class FindingKind : std::uint8_t {
  barrier_after_exit,       ///< threads wait at a barrier that others have left the kernel without
  barrier_divergence,       ///< threads of one block wait at different barriers
  mask_excludes_caller,     ///< a lane is not in the mask of its own collective
  mask_names_absent_lane,   ///< a mask names a lane that the block does not have
  mask_names_exited_lane,   ///< a mask names a lane that has left the kernel
  mask_disagreement,        ///< lanes wait for each other under different masks
  collective_disagreement,  ///< lanes of one mask wait in different collectives
  bad_shuffle_width,        ///< the width is no power of two up to the warp width
  deadlock,                 ///< all live threads wait and none can go on
  shared_memory_overrun,    ///< bytes next to a shared variable were overwritten
  shared_memory_limit,      ///< more shared memory than a GPU block can have
  kernel_exception,         ///< the kernel threw
  misaligned_access,        ///< several elements at once from an address that a GPU refuses
};

/// "barrier_divergence".
std::string_view name_of(FindingKind kind);

/// `text` names kernel, block, thread and source line as far as they apply. A finding of one kind
/// at one source line is given once for each launch.
struct ExecutorFinding {
  FindingKind kind;
  std::string text;
  const void* address = nullptr;  ///< that was accessed, where it is about one
};

/// The findings of this OS thread's launches since the last call.
std::vector<ExecutorFinding> drain_findings();

/// What this OS thread's launches had no memory for since the last call; or empty. Such a launch
/// has stopped where it was and has no findings.
std::string drain_no_memory();

/// From begin_recording() to end_recording() this OS thread's launches are kept with a copy of their
/// parameters and do not run. end_recording() tells how many there are; run_recorded() runs them in
/// their order, as often as it is called, and stops at the first that fails.
void begin_recording();
std::size_t end_recording();
Status run_recorded();

/// The same, but of each launch only the blocks listed for it run. A block's number counts x
/// fastest. Throws std::invalid_argument unless there are as many lists as launches, and each block
/// is one of its grid.
Status run_recorded(const std::vector<std::vector<std::uint64_t>>& blocks);

/// What this OS thread's launches really ran since the last call.
struct LaunchReport {
  std::uint64_t launches = 0;
  std::uint64_t blocks_run = 0;
  std::uint64_t threads_run = 0;
};
LaunchReport drain_launch_report();

}  // namespace mlacheck::cpu
