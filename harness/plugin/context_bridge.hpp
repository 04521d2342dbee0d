// The harness's launch context behind the C structure that a subject is given.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/abi/subject.h"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"

namespace mlacheck {

class ContextBridge : public mlacheck_context {
 public:
  /// Of one call. `context` must outlive it.
  ContextBridge(LaunchContext& context, DLDeviceType device);
  ContextBridge(const ContextBridge&) = delete;
  ContextBridge& operator=(const ContextBridge&) = delete;
  ~ContextBridge() = default;

  /// What a call that returned `status` comes to. A request for scratch that makes no sense is a
  /// failure whatever was returned; one that only found no memory is the subject's to answer for.
  Status status_of(mlacheck_status status) const;

 private:
  static ContextBridge& of(mlacheck_context* self) {
    return *static_cast<ContextBridge*>(self->harness);
  }
  std::int32_t allocate_scratch(const char* name, DLDataType dtype, std::int32_t ndim,
                                const std::int64_t* shape, DLTensor* out);
  void release_scratch(const void* data);

  LaunchContext* context_;
  DLDeviceType device_;
  std::vector<std::unique_ptr<Tensor>> scratch_;  // stable addresses: DLTensors point into them
  std::string error_;
  std::string bad_request_;  // the first one
  std::string no_memory_;    // the first request that was refused for want of memory
};

}  // namespace mlacheck
