// The state of the process's one interpreted device. Work is done when it is asked for; a fault shows,
// as on a device, when somebody waits for the work.
#pragma once

#include <hip/hip_runtime_api.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "harness/amd/memory/allocations.hpp"
#include "harness/amd/memory/virtual_memory.hpp"
#include "harness/amd/runtime/modules.hpp"
#include "harness/amd/runtime/work.hpp"
#include "harness/amd/runtime/work_items.hpp"

namespace mlacheck::amd {

using Graph = std::vector<WorkItem>;

struct Recording {
  hipStreamCaptureMode mode = hipStreamCaptureModeGlobal;
  bool invalid = false;  ///< something was asked that cannot be recorded
  Graph graph;
};

class Runtime {
 public:
  /// Never destroyed: other objects' destructors may still call the runtime.
  static Runtime& get();

  /// Held by each call of the interface.
  std::recursive_mutex& mutex() { return mutex_; }

  /// The order of the blocks of a grid and of the waves of a block, for launches from now on: 0 as the
  /// environment says, 1 waves descending, 2 drawn from the seed.
  void set_order(std::uint32_t order, std::uint64_t seed);

  /// Empty, or what is wrong with the environment's settings.
  const std::string& misconfigured() const { return misconfigured_; }
  Target target() const { return target_; }

  Allocations& allocations() { return allocations_; }
  VirtualMemory& virtual_memory() { return virtual_memory_; }
  HostFunctions& functions() { return functions_; }
  HostVariables& variables() { return variables_; }
  Work& work() { return work_; }

  hipError_t allocate(void** memory, std::size_t bytes);
  hipError_t free(void* memory);
  /// Frees all buffers, and forgets all streams.
  void reset();
  /// Memory of the host that kernels may access as well, from `begin`. HIP's errors for memory that is
  /// accessible already, and that is not.
  hipError_t register_host(void* begin, std::size_t bytes);
  hipError_t unregister_host(void* begin);
  std::size_t total_bytes() const { return total_bytes_; }
  std::size_t used_bytes() const { return used_bytes_; }

  /// Does it, or records it where the stream is being captured.
  hipError_t submit(ihipStream_t* stream, WorkItem item);
  hipError_t run(const Graph& graph);
  /// The same for a graph of launches alone, of each of which only the blocks listed for it run, x
  /// fastest. hipErrorInvalidValue unless there are as many lists as launches and each block is one of
  /// its grid; hipErrorNotSupported for a graph with copies or fills, which have no blocks.
  hipError_t run_blocks(const Graph& graph,
                        const std::vector<std::span<const std::uint64_t>>& blocks);

  /// The error of a fault that nobody waited for yet, and of any from then on.
  hipError_t wait();
  /// hipSuccess until wait() has told of a fault.
  hipError_t sticky() const { return told_ ? fault_ : hipSuccess; }
  const std::string& fault_text() const { return fault_text_; }

  /// Streams other than the null stream.
  bool known(const ihipStream_t* stream) const;
  ihipStream_t* add_stream();
  void remove_stream(ihipStream_t* stream);
  /// What the stream's work is recorded in, or null. A stream takes part in the capture of another one
  /// after it has waited for an event of that capture.
  Recording* recording_of(ihipStream_t* stream) const;
  /// Ends the parts of other streams in the capture of this one. False if one has work that the capture
  /// never waited for.
  bool leave_capture(ihipStream_t* origin);
  /// Whether some stream is captured in a mode that forbids calls like hipMalloc.
  bool forbids_unsafe_calls() const;

 private:
  Runtime();
  /// The environment variable's value, if it has one; what is wrong with it goes to misconfigured_.
  std::optional<std::uint64_t> seed_of(const char* name);
  /// Appends what kernels took to the file that MLACHECK_INTERPRETED_LOG names.
  void log_rate();
  hipError_t run(const WorkItem& item);
  hipError_t run(const KernelLaunch& launch) { return run(launch, std::nullopt); }
  hipError_t run(const KernelLaunch& launch, std::optional<std::span<const std::uint64_t>> chosen);
  hipError_t run(const Copy& copy);
  hipError_t run(const Fill& fill);
  bool live(const void* memory, std::size_t bytes) const;

  std::recursive_mutex mutex_;
  std::string misconfigured_;
  Target target_ = Target::gfx90a;
  std::optional<std::uint64_t> order_seed_;
  struct ChosenOrder {
    WaveOrder waves = WaveOrder::ascending;
    std::uint64_t seed = 0;  ///< of the blocks
  };
  std::optional<ChosenOrder> chosen_order_;
  Checks checks_;
  Allocations allocations_;
  VirtualMemory virtual_memory_{allocations_};
  HostFunctions functions_;
  HostVariables variables_;
  Work work_;
  double kernel_seconds_ = 0;  // of the processor
  struct Logged {
    std::uint64_t launches = 0;
    std::uint64_t instructions = 0;
    double seconds = 0;
  };
  Logged logged_;
  std::size_t total_bytes_ = 0;
  std::size_t used_bytes_ = 0;
  std::map<void*, std::size_t> buffers_;
  std::set<void*> registered_;
  std::map<const ihipStream_t*, std::unique_ptr<ihipStream_t>> streams_;
  hipError_t fault_ = hipSuccess;
  bool told_ = false;
  std::string fault_text_;
};

}  // namespace mlacheck::amd

/// HIP's name for it.
struct ihipStream_t {
  std::optional<mlacheck::amd::Recording> recording;
  ihipStream_t* origin = nullptr;  ///< the captured stream in whose capture this one takes part
  std::uint64_t work = 0;          ///< pieces of work asked for in that capture
  std::uint64_t joined = 0;        ///< how many of them the capture has waited for
  int priority = 0;
  unsigned flags = 0;
};
