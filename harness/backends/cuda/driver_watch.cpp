#include "harness/backends/cuda/driver_watch.hpp"

#include <dlfcn.h>

#include <array>
#include <string_view>

#if __has_include(<cupti.h>)
#include <cupti.h>
#endif

namespace mlacheck::cuda {
namespace {

thread_local DriverWork counted;
thread_local bool counting = false;
thread_local int pauses = 0;

#if __has_include(<cupti.h>)

// The parameters of linear fills have the same members up to N whatever the width, and those of
// linear copies up to ByteCount whatever the direction.
std::uint64_t bytes_of(std::string_view name, const void* parameters) {
  const auto fill = [&](std::uint64_t width) {
    return static_cast<const cuMemsetD8Async_params*>(parameters)->N * width;
  };
  if (name.starts_with("cuMemsetD8")) return fill(1);
  if (name.starts_with("cuMemsetD16")) return fill(2);
  if (name.starts_with("cuMemsetD32")) return fill(4);
  constexpr std::array kLinear{"cuMemcpyAsync", "cuMemcpyDtoD", "cuMemcpyDtoH", "cuMemcpyHtoD"};
  for (const char* linear : kLinear) {
    if (!name.starts_with(linear)) continue;
    return static_cast<const cuMemcpyDtoDAsync_v2_params*>(parameters)->ByteCount;
  }
  return 0;
}

void count(std::string_view name, const void* parameters) {
  if (name.starts_with("cuLaunch") && !name.starts_with("cuLaunchHostFunc")) {
    ++counted.launches;
  } else if (name.starts_with("cuMemAlloc") || name == "cuMemCreate") {
    ++counted.allocations;
  } else if (name.starts_with("cuMemset")) {
    counted.bytes_filled += bytes_of(name, parameters);
  } else if (name.starts_with("cuMemcpy")) {
    counted.bytes_copied += bytes_of(name, parameters);
    // Without "Async" in its name a copy to or from the host blocks.
    const bool between_devices = name.find("DtoD") != std::string_view::npos;
    const bool blocks = name.find("Async") == std::string_view::npos && !between_devices;
    counted.synchronizations += blocks ? 1 : 0;
  } else if (name.starts_with("cuStreamSynchronize") || name.starts_with("cuCtxSynchronize") ||
             name.starts_with("cuEventSynchronize")) {
    ++counted.synchronizations;
  }
}

void CUPTIAPI on_call(void* /*user*/, CUpti_CallbackDomain domain, CUpti_CallbackId /*id*/,
                      const CUpti_CallbackData* call) {
  if (domain != CUPTI_CB_DOMAIN_DRIVER_API || call->callbackSite != CUPTI_API_ENTER) return;
  if (counting && pauses == 0) count(call->functionName, call->functionParams);
}

// Stays subscribed for the life of the process: tools cannot share CUPTI in any case.
std::string subscribe() {
  void* library = nullptr;
  // The toolkit's folder is often not on the loader's path.
  for (const char* path : {"libcupti.so.13", "libcupti.so", "/usr/local/cuda/lib64/libcupti.so",
                           "/usr/local/cuda/extras/CUPTI/lib64/libcupti.so"}) {
    if (library == nullptr) library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  }
  if (library == nullptr) return "libcupti.so is not on the loader's path";
  const auto subscribe =
      reinterpret_cast<decltype(&cuptiSubscribe)>(dlsym(library, "cuptiSubscribe"));
  const auto enable =
      reinterpret_cast<decltype(&cuptiEnableDomain)>(dlsym(library, "cuptiEnableDomain"));
  if (subscribe == nullptr || enable == nullptr) return "libcupti.so lacks cuptiSubscribe";
  CUpti_SubscriberHandle subscriber{};
  const CUptiResult subscribed =
      subscribe(&subscriber, reinterpret_cast<CUpti_CallbackFunc>(&on_call), nullptr);
  if (subscribed != CUPTI_SUCCESS) {
    return "cuptiSubscribe: error " + std::to_string(subscribed) +
           " (another tool may have subscribed)";
  }
  const CUptiResult enabled = enable(1, subscriber, CUPTI_CB_DOMAIN_DRIVER_API);
  if (enabled == CUPTI_SUCCESS) return {};
  return "cuptiEnableDomain: error " + std::to_string(enabled);
}

#else

std::string subscribe() { return "built without cupti.h"; }

#endif

}  // namespace

std::string watch_unavailable() {
  static const std::string kReason = subscribe();
  return kReason;
}

void watch() {
  counted = {};
  counting = watch_unavailable().empty();
}

std::optional<DriverWork> watched() {
  if (!counting) return std::nullopt;
  counting = false;
  return counted;
}

WatchPause::WatchPause() { ++pauses; }
WatchPause::~WatchPause() { --pauses; }

}  // namespace mlacheck::cuda
