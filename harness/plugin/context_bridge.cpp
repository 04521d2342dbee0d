#include "harness/plugin/context_bridge.hpp"

#include <optional>
#include <span>

#include "harness/plugin/tensor_to_c.hpp"

namespace mlacheck {
namespace {

// The address space of a process: a request past it is a mistake in a size, not a want of memory.
constexpr std::int64_t kMostScratchBytes = std::int64_t{1} << 47;

// "f32[3,5] has 60 bytes".
std::string size_text(DType dtype, std::span<const std::int64_t> shape,
                      std::optional<std::int64_t> bytes) {
  return std::string(name_of(dtype)) + shape_text(shape) + " has " +
         (bytes ? std::to_string(*bytes) : "2^63 or more") + " bytes";
}

// Empty, or what is wrong with a request.
std::string nonsense_in(DLDataType dtype, std::int32_t ndim, const std::int64_t* shape,
                        const DLTensor* out) {
  if (!from_dlpack(dtype)) {
    return "element type " + describe(dtype) + " is not one of the harness";
  }
  if (ndim < 0 || ndim > kMaxRank) {
    return "rank " + std::to_string(ndim) + " where 0 to 5 is expected";
  }
  if (ndim > 0 && shape == nullptr) return "no shape for rank " + std::to_string(ndim);
  if (out == nullptr) return "nowhere to put the tensor: out is null";
  for (std::int32_t axis = 0; axis < ndim; ++axis) {
    if (shape[axis] < 0) return "extent " + std::to_string(shape[axis]) + " is negative";
  }
  const std::span<const std::int64_t> extents(shape, static_cast<std::size_t>(ndim));
  const DType known = *from_dlpack(dtype);
  const std::optional<std::int64_t> bytes = dense_bytes(known, extents);
  if (bytes && *bytes <= kMostScratchBytes) return {};
  return size_text(known, extents, bytes) + " where at most 2^47, an address space, can be meant";
}

}  // namespace

ContextBridge::ContextBridge(LaunchContext& context, DLDeviceType device)
    : mlacheck_context{}, context_(&context), device_(device) {
  harness = this;
  stream = context.stream();
  receipt_counter = context.receipt_counter();
  allocate = [](mlacheck_context* self, const char* name, DLDataType dtype, std::int32_t ndim,
                const std::int64_t* shape,
                DLTensor* out) { return of(self).allocate_scratch(name, dtype, ndim, shape, out); };
  release = [](mlacheck_context* self, const void* data) { of(self).release_scratch(data); };
  record_launch = [](mlacheck_context* self, const mlacheck_launch* launch) -> std::int32_t {
    const Status status =
        of(self).context_->record({launch->kernel,
                                   {launch->grid[0], launch->grid[1], launch->grid[2]},
                                   {launch->block[0], launch->block[1], launch->block[2]},
                                   launch->dynamic_shared_bytes});
    return status.ok() ? 0 : 1;
  };
  record_traffic = [](mlacheck_context* self, std::int32_t traffic, std::uint64_t bytes) {
    of(self).context_->record_traffic(traffic == MLACHECK_FILL ? Traffic::fill : Traffic::copy,
                                      bytes);
  };
  record_synchronization = [](mlacheck_context* self) {
    of(self).context_->record_synchronization();
  };
  set_error = [](mlacheck_context* self, const char* message) {
    of(self).error_ = message == nullptr ? "" : message;
  };
}

std::int32_t ContextBridge::allocate_scratch(const char* name, DLDataType dtype, std::int32_t ndim,
                                             const std::int64_t* shape, DLTensor* out) {
  const std::string called = name == nullptr ? "scratch" : name;
  if (const std::string nonsense = nonsense_in(dtype, ndim, shape, out); !nonsense.empty()) {
    if (bad_request_.empty()) bad_request_ = "scratch " + called + ": " + nonsense;
    return 1;
  }
  const DType known = *from_dlpack(dtype);
  const std::span<const std::int64_t> extents(shape, static_cast<std::size_t>(ndim));
  const Tensor tensor = context_->allocate(called, known, extents);
  if (tensor.data == nullptr && tensor.elements() > 0) {
    if (no_memory_.empty()) {
      no_memory_ =
          "scratch " + called + ": " + size_text(known, extents, dense_bytes(known, extents));
    }
    return 1;
  }
  scratch_.push_back(std::make_unique<Tensor>(tensor));
  *out = to_dlpack(*scratch_.back(), device_);
  return 0;
}

void ContextBridge::release_scratch(const void* data) {
  if (data == nullptr) return;
  for (const auto& tensor : scratch_) {
    if (tensor->data == data) return context_->release(*tensor);
  }
  if (bad_request_.empty()) {
    bad_request_ = "release of memory that the context did not allocate";
  }
}

Status ContextBridge::status_of(mlacheck_status status) const {
  const std::string message = error_.empty() ? "the subject gave no message" : error_;
  if (!bad_request_.empty()) return {StatusCode::launch_failed, bad_request_};
  switch (status) {
    case MLACHECK_OK:
      return {};
    case MLACHECK_INVALID_ARGUMENT:
      return {StatusCode::invalid_argument, message};
    case MLACHECK_UNSUPPORTED:
      return {StatusCode::unsupported, message};
    case MLACHECK_LAUNCH_FAILED:
      return {StatusCode::launch_failed, message};
    case MLACHECK_OUT_OF_MEMORY:
      if (no_memory_.empty()) return {StatusCode::out_of_memory, message};
      return {StatusCode::out_of_memory, no_memory_ + ", which there is no memory for"};
    case MLACHECK_COMPILE_FAILED:
      return {StatusCode::compile_failed, message};
  }
  return {StatusCode::launch_failed, "the subject returned status " +
                                         std::to_string(static_cast<int>(status)) +
                                         ", which the interface does not have: " + message};
}

}  // namespace mlacheck
