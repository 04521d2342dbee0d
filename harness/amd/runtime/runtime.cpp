#include "harness/amd/runtime/runtime.hpp"

#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "harness/amd/block/block.hpp"
#include "harness/amd/dispatch/dispatch.hpp"
#include "harness/amd/vector/variation.hpp"

namespace mlacheck::amd {
namespace {

constexpr std::size_t kAlignment = 256;

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

hipError_t error_of(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::memory:
      return hipErrorIllegalAddress;
    case Fault::Kind::unknown_instruction:
      return hipErrorNotSupported;
    case Fault::Kind::limits:
      return hipErrorInvalidConfiguration;
    default:
      return hipErrorLaunchFailure;
  }
}

// Of the calling thread: others on the machine do not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::uint64_t address_of(const void* memory) { return reinterpret_cast<std::uint64_t>(memory); }

}  // namespace

Runtime& Runtime::get() {
  static Runtime& only = *new Runtime;
  return only;
}

Runtime::Runtime()
    : total_bytes_(static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
                   static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
  if (const auto name = variable("MLACHECK_INTERPRETED_TARGET"); !name.empty()) {
    const auto target = target_named(name);
    if (target == Target::gfx90a || target == Target::gfx1030) {
      target_ = *target;
    } else {
      misconfigured_ =
          "MLACHECK_INTERPRETED_TARGET is '" + std::string(name) + "': expected gfx90a or gfx1030";
    }
  }
  order_seed_ = seed_of("MLACHECK_INTERPRETED_ORDER");
  set_variation(seed_of("MLACHECK_INTERPRETED_VARIATION"));
  if (const auto text = variable("MLACHECK_INTERPRETED_CHECKS"); !text.empty()) {
    const auto checks = checks_named(text);
    if (checks) {
      checks_ = *checks;
    } else {
      misconfigured_ = "MLACHECK_INTERPRETED_CHECKS is '" + std::string(text) +
                       "': expected none, all, or some of undefined, waits, hazards, races, "
                       "separated by commas";
    }
  }
}

std::optional<std::uint64_t> Runtime::seed_of(const char* name) {
  const std::string_view text = variable(name);
  if (text.empty()) return std::nullopt;
  std::uint64_t seed = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return seed;
  misconfigured_ = std::string(name) + " is '" + std::string(text) +
                   "': expected a seed from 0 to 18446744073709551615";
  return std::nullopt;
}

void Runtime::set_order(std::uint32_t order, std::uint64_t seed) {
  // Orders in which all waves of a block take part alike; which one comes first is drawn as well.
  constexpr std::array<WaveOrder, 3> kOrders{WaveOrder::descending, WaveOrder::in_step,
                                             WaveOrder::ascending};
  if (order == 0) {
    chosen_order_.reset();
  } else {
    const std::uint64_t drawn = order == 1 ? 0 : seed;
    chosen_order_ = {kOrders.at(drawn % kOrders.size()), drawn};
  }
}

// A line for each second of the processor: a worker may be ended at any time. One short write, as
// processes may share the file.
void Runtime::log_rate() {
  static const std::string path(variable("MLACHECK_INTERPRETED_LOG"));
  if (path.empty() || kernel_seconds_ < logged_.seconds + 1) return;
  std::FILE* const file = std::fopen(path.c_str(), "a");
  if (file == nullptr) return;
  const std::string target(name_of(target_));
  std::fprintf(file, "%s launches %llu instructions %llu seconds %.6f\n", target.c_str(),
               static_cast<unsigned long long>(work_.launches - logged_.launches),
               static_cast<unsigned long long>(executed_instructions() - logged_.instructions),
               kernel_seconds_ - logged_.seconds);
  std::fclose(file);
  logged_ = {work_.launches, executed_instructions(), kernel_seconds_};
}

hipError_t Runtime::allocate(void** memory, std::size_t bytes) {
  if (memory == nullptr) return hipErrorInvalidValue;
  *memory = nullptr;
  if (bytes == 0) return hipSuccess;
  if (bytes > total_bytes_ - used_bytes_) return hipErrorOutOfMemory;
  // A red zone between any two buffers comes with the heap's own bookkeeping.
  void* const made = ::operator new(bytes, std::align_val_t{kAlignment}, std::nothrow);
  if (made == nullptr) return hipErrorOutOfMemory;
  allocations_.add(address_of(made), bytes);
  buffers_[made] = bytes;
  used_bytes_ += bytes;
  ++work_.allocations;
  *memory = made;
  return hipSuccess;
}

hipError_t Runtime::free(void* memory) {
  if (memory == nullptr) return hipSuccess;
  const auto found = buffers_.find(memory);
  if (found == buffers_.end()) return hipErrorInvalidValue;
  used_bytes_ -= found->second;
  allocations_.remove(address_of(memory));
  ::operator delete(memory, std::align_val_t{kAlignment});
  buffers_.erase(found);
  return hipSuccess;
}

void Runtime::reset() {
  while (!buffers_.empty()) static_cast<void>(free(buffers_.begin()->first));
  while (!registered_.empty()) static_cast<void>(unregister_host(*registered_.begin()));
  streams_.clear();
}

hipError_t Runtime::register_host(void* begin, std::size_t bytes) {
  if (begin == nullptr || bytes == 0) return hipErrorInvalidValue;
  try {
    allocations_.add(address_of(begin), bytes);
  } catch (const std::invalid_argument&) {
    return hipErrorHostMemoryAlreadyRegistered;
  }
  registered_.insert(begin);
  return hipSuccess;
}

hipError_t Runtime::unregister_host(void* begin) {
  if (registered_.erase(begin) == 0) return hipErrorHostMemoryNotRegistered;
  allocations_.remove(address_of(begin));
  return hipSuccess;
}

hipError_t Runtime::submit(ihipStream_t* stream, WorkItem item) {
  if (stream != nullptr && !known(stream)) return hipErrorInvalidHandle;
  if (Recording* const recording = recording_of(stream)) {
    if (recording->invalid) return hipErrorStreamCaptureInvalidated;
    // In the order of the calls, which every order of events allows.
    recording->graph.push_back(std::move(item));
    ++stream->work;
    return hipSuccess;
  }
  return run(item);
}

hipError_t Runtime::run(const Graph& graph) {
  for (const WorkItem& item : graph) {
    if (const hipError_t error = run(item); error != hipSuccess) return error;
  }
  return hipSuccess;
}

hipError_t Runtime::run_blocks(const Graph& graph,
                               const std::vector<std::span<const std::uint64_t>>& blocks) {
  if (blocks.size() != graph.size()) return hipErrorInvalidValue;
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const auto* const launch = std::get_if<KernelLaunch>(&graph[i]);
    if (launch == nullptr) return hipErrorNotSupported;
    const std::uint64_t all =
        std::uint64_t{launch->blocks[0]} * launch->blocks[1] * launch->blocks[2];
    for (const std::uint64_t block : blocks[i]) {
      if (block >= all) return hipErrorInvalidValue;
    }
  }
  for (std::size_t i = 0; i < graph.size() && fault_ == hipSuccess; ++i) {
    const hipError_t error = run(std::get<KernelLaunch>(graph[i]), blocks[i]);
    if (error != hipSuccess) return error;
  }
  return hipSuccess;
}

hipError_t Runtime::run(const WorkItem& item) {
  // What is queued behind a fault never runs.
  if (fault_ != hipSuccess) return hipSuccess;
  return std::visit([&](const auto& one) { return run(one); }, item);
}

hipError_t Runtime::run(const KernelLaunch& launch,
                        std::optional<std::span<const std::uint64_t>> chosen) {
  ++work_.launches;
  Launch described{launch.kernel, launch.blocks, launch.threads, launch.dynamic_lds,
                   launch.kernarg};
  described.checks = checks_;
  described.chosen = chosen;
  std::optional<std::uint64_t> seed = order_seed_;
  if (chosen_order_) {
    described.wave_order = chosen_order_->waves;
    seed = chosen_order_->seed;
  }
  const double before = processor_seconds();
  const auto fault = dispatch(described, allocations_, seed);
  kernel_seconds_ += processor_seconds() - before;
  log_rate();
  if (!fault) return hipSuccess;
  fault_ = error_of(fault->kind);
  fault_text_ = "interpreted " + std::string(name_of(target_)) + ": " + fault->text;
  std::fprintf(stderr, "%s\n", fault_text_.c_str());
  // A launch that cannot begin is refused at once, and breaks nothing.
  if (fault->kind == Fault::Kind::limits) return std::exchange(fault_, hipSuccess);
  return hipSuccess;
}

hipError_t Runtime::run(const Copy& copy) {
  const bool to_device = copy.kind == hipMemcpyHostToDevice || copy.kind == hipMemcpyDeviceToDevice;
  const bool from_device =
      copy.kind == hipMemcpyDeviceToHost || copy.kind == hipMemcpyDeviceToDevice;
  if ((to_device && !live(copy.to, copy.bytes)) || (from_device && !live(copy.from, copy.bytes))) {
    return hipErrorInvalidValue;
  }
  work_.bytes_copied += copy.bytes;
  std::memmove(copy.to, copy.from, copy.bytes);
  return hipSuccess;
}

hipError_t Runtime::run(const Fill& fill) {
  if (!live(fill.to, fill.bytes)) return hipErrorInvalidValue;
  work_.bytes_filled += fill.bytes;
  auto* const to = static_cast<std::byte*>(fill.to);
  for (std::size_t at = 0; fill.element > 1 && at < fill.bytes; at += fill.element) {
    std::memcpy(to + at, &fill.value, fill.element);
  }
  if (fill.element == 1) std::memset(to, fill.value, fill.bytes);
  return hipSuccess;
}

bool Runtime::live(const void* memory, std::size_t bytes) const {
  return bytes == 0 || allocations_.contains(address_of(memory), bytes);
}

hipError_t Runtime::wait() {
  told_ = fault_ != hipSuccess;
  return fault_;
}

bool Runtime::known(const ihipStream_t* stream) const { return streams_.contains(stream); }

ihipStream_t* Runtime::add_stream() {
  auto made = std::make_unique<ihipStream_t>();
  ihipStream_t* const stream = made.get();
  streams_[stream] = std::move(made);
  return stream;
}

void Runtime::remove_stream(ihipStream_t* stream) {
  leave_capture(stream);
  streams_.erase(stream);
}

Recording* Runtime::recording_of(ihipStream_t* stream) const {
  if (stream == nullptr) return nullptr;
  ihipStream_t* const origin = stream->origin != nullptr ? stream->origin : stream;
  return origin->recording ? &*origin->recording : nullptr;
}

bool Runtime::leave_capture(ihipStream_t* origin) {
  bool joined = true;
  for (const auto& [handle, stream] : streams_) {
    if (stream->origin != origin) continue;
    joined = joined && stream->joined == stream->work;
    stream->origin = nullptr;
  }
  return joined;
}

bool Runtime::forbids_unsafe_calls() const {
  for (const auto& [handle, stream] : streams_) {
    if (stream->recording && stream->recording->mode != hipStreamCaptureModeRelaxed) return true;
  }
  return false;
}

}  // namespace mlacheck::amd
