#include "harness/backends/cuda/driver.hpp"

#include <dlfcn.h>

namespace mlacheck::cuda {
namespace {

// Stores the library's function `name` in `function`. If there is none, notes the name in
// `missing`.
template <class Function>
void find(void* library, const char* name, Function*& function, std::string& missing) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function == nullptr && missing.empty()) {
    missing = std::string("libcuda.so.1 lacks ") + name;
  }
}

Driver load() {
  Driver all{};
  void* const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    all.missing = "libcuda.so.1 is not on the loader's path";
    return all;
  }
  const auto enter = [&](auto*& function, const char* name) {
    find(library, name, function, all.missing);
  };
  enter(all.init, "cuInit");
  enter(all.driver_version, "cuDriverGetVersion");
  enter(all.error_name, "cuGetErrorName");
  enter(all.error_string, "cuGetErrorString");
  enter(all.device_count, "cuDeviceGetCount");
  enter(all.device_name, "cuDeviceGetName");
  enter(all.device_attribute, "cuDeviceGetAttribute");
  enter(all.retain_primary_context, "cuDevicePrimaryCtxRetain");
  enter(all.current_context, "cuCtxGetCurrent");
  enter(all.set_current_context, "cuCtxSetCurrent");
  enter(all.create_stream, "cuStreamCreate");
  enter(all.synchronize, "cuStreamSynchronize");
  enter(all.allocate, "cuMemAlloc_v2");
  enter(all.free, "cuMemFree_v2");
  enter(all.copy_to_device, "cuMemcpyHtoDAsync_v2");
  enter(all.copy_to_host, "cuMemcpyDtoHAsync_v2");
  enter(all.fill, "cuMemsetD8Async");
  enter(all.begin_capture, "cuStreamBeginCapture_v2");
  enter(all.end_capture, "cuStreamEndCapture");
  enter(all.instantiate, "cuGraphInstantiateWithFlags");
  enter(all.launch_graph, "cuGraphLaunch");
  enter(all.destroy_graph, "cuGraphDestroy");
  enter(all.destroy_graph_exec, "cuGraphExecDestroy");
  enter(all.granularity, "cuMemGetAllocationGranularity");
  enter(all.reserve, "cuMemAddressReserve");
  enter(all.release_addresses, "cuMemAddressFree");
  enter(all.create, "cuMemCreate");
  enter(all.release, "cuMemRelease");
  enter(all.map, "cuMemMap");
  enter(all.unmap, "cuMemUnmap");
  enter(all.set_access, "cuMemSetAccess");
  return all;
}

}  // namespace

const Driver& driver() {
  static const Driver kDriver = load();
  return kDriver;
}

std::string text_of(Result result) {
  if (!driver().missing.empty()) return driver().missing;
  const char* name = nullptr;
  const char* text = nullptr;
  driver().error_name(result, &name);
  driver().error_string(result, &text);
  if (name == nullptr || text == nullptr)
    return "error " + std::to_string(result) + " of the driver";
  return std::string(name) + ": " + text;
}

}  // namespace mlacheck::cuda
