// Launches, by the entry points that compiled programs call, and of modules loaded by hand.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/amd/dispatch/dispatch.hpp"
#include "harness/amd/dispatch/kernarg.hpp"
#include "harness/amd/runtime/call.hpp"

using mlacheck::amd::device_call;
using mlacheck::amd::Kernel;
using mlacheck::amd::Module;
using mlacheck::amd::Runtime;

struct ihipModule_t {
  std::vector<std::byte> file;  ///< empty where the caller's data were loaded
  std::unique_ptr<Module> module;
};

namespace {

// What clang embeds for each translation unit with kernels.
struct FatBinaryWrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const void* bundle;
  void* unused;
};
constexpr std::uint32_t kWrapperMagic = 0x48495046;  // "HIPF"

struct Configuration {
  dim3 blocks;
  dim3 threads;
  std::size_t dynamic_lds;
  hipStream_t stream;
};

std::vector<Configuration>& configurations() {
  thread_local std::vector<Configuration> pushed;
  return pushed;
}

hipError_t launch(Runtime& runtime, const Kernel* kernel, const Configuration& wanted,
                  void** arguments) {
  if (kernel == nullptr) return hipErrorInvalidDeviceFunction;
  if (wanted.dynamic_lds > mlacheck::amd::kMostLdsBytes) return hipErrorInvalidConfiguration;
  mlacheck::amd::KernelLaunch item{kernel,
                                   {wanted.blocks.x, wanted.blocks.y, wanted.blocks.z},
                                   {wanted.threads.x, wanted.threads.y, wanted.threads.z},
                                   static_cast<std::uint32_t>(wanted.dynamic_lds),
                                   {}};
  item.kernarg = mlacheck::amd::kernarg_block(
      {kernel, item.blocks, item.threads, item.dynamic_lds, {}}, arguments);
  return runtime.submit(wanted.stream, std::move(item));
}

}  // namespace

extern "C" {

// A process has a handful of these; they live until it unregisters them.
void** __hipRegisterFatBinary(const void* data) {
  const auto* const wrapper = static_cast<const FatBinaryWrapper*>(data);
  if (wrapper == nullptr || wrapper->magic != kWrapperMagic || wrapper->version != 1) {
    std::fprintf(stderr, "interpreted device: a fat binary of an unknown kind is left out\n");
    return nullptr;
  }
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  auto* const module = new Module(static_cast<const std::byte*>(wrapper->bundle), runtime.target(),
                                  runtime.allocations());
  return reinterpret_cast<void**>(module);
}

void __hipUnregisterFatBinary(void** handle) {
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  const auto* const module = reinterpret_cast<const Module*>(handle);
  if (module == nullptr) return;
  // Its image stays: this is called as the process ends, when what knows of it may be gone.
  runtime.functions().forget(*module);
  runtime.variables().forget(*module);
}

void __hipRegisterFunction(void** handle, const void* host_function, char* /*device_function*/,
                           const char* name, unsigned /*thread_limit*/, void* /*thread*/,
                           void* /*block*/, dim3* /*threads*/, dim3* /*blocks*/, int* /*warp*/) {
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  auto* const module = reinterpret_cast<Module*>(handle);
  if (module != nullptr) runtime.functions().add(host_function, *module, name);
}

hipError_t __hipPushCallConfiguration(dim3 blocks, dim3 threads, std::size_t dynamic_lds,
                                      hipStream_t stream) {
  configurations().push_back({blocks, threads, dynamic_lds, stream});
  return hipSuccess;
}

hipError_t __hipPopCallConfiguration(dim3* blocks, dim3* threads, std::size_t* dynamic_lds,
                                     hipStream_t* stream) {
  if (configurations().empty()) return hipErrorMissingConfiguration;
  const Configuration& last = configurations().back();
  *blocks = last.blocks;
  *threads = last.threads;
  *dynamic_lds = last.dynamic_lds;
  *stream = last.stream;
  configurations().pop_back();
  return hipSuccess;
}

hipError_t hipLaunchKernel(const void* function, dim3 blocks, dim3 threads, void** arguments,
                           std::size_t dynamic_lds, hipStream_t stream) {
  return device_call([&](Runtime& runtime) {
    return launch(runtime, runtime.functions().kernel(function),
                  {blocks, threads, dynamic_lds, stream}, arguments);
  });
}

hipError_t hipModuleLoadData(hipModule_t* module, const void* image) {
  return device_call([&](Runtime& runtime) {
    if (module == nullptr || image == nullptr) return hipErrorInvalidValue;
    auto made = std::make_unique<Module>(static_cast<const std::byte*>(image), runtime.target(),
                                         runtime.allocations());
    // Loaded now: the caller may free the data. And what is wrong with it is this call's to say.
    static_cast<void>(made->kernel({}));
    *module = new ihipModule_t{{}, std::move(made)};
    return hipSuccess;
  });
}

hipError_t hipModuleLoad(hipModule_t* module, const char* path) {
  return device_call([&](Runtime& runtime) {
    if (module == nullptr || path == nullptr) return hipErrorInvalidValue;
    std::ifstream stream(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    if (text.empty()) return hipErrorFileNotFound;
    const auto bytes = std::as_bytes(std::span(text));
    auto made = std::make_unique<ihipModule_t>();
    // Headers are read before anything says how long the file is: a short one ends in zeros.
    made->file.resize(bytes.size() + 4096);
    std::ranges::copy(bytes, made->file.begin());
    made->module =
        std::make_unique<Module>(made->file.data(), runtime.target(), runtime.allocations());
    static_cast<void>(made->module->kernel({}));
    *module = made.release();
    return hipSuccess;
  });
}

// Options are for just-in-time compilers, of which there is none.
hipError_t hipModuleLoadDataEx(hipModule_t* module, const void* image, unsigned /*count*/,
                               hipJitOption* /*options*/, void** /*values*/) {
  return hipModuleLoadData(module, image);
}

hipError_t hipModuleGetGlobal(hipDeviceptr_t* address, std::size_t* bytes, hipModule_t module,
                              const char* name) {
  return device_call([&](Runtime&) {
    if (name == nullptr) return hipErrorInvalidValue;
    if (module == nullptr) return hipErrorInvalidHandle;
    const auto* const variable = module->module->variable(name);
    if (variable == nullptr) return hipErrorNotFound;
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    if (address != nullptr) *address = reinterpret_cast<hipDeviceptr_t>(variable->address);
    if (bytes != nullptr) *bytes = variable->bytes;
    return hipSuccess;
  });
}

hipError_t hipModuleUnload(hipModule_t module) {
  return device_call([&](Runtime&) {
    if (module == nullptr) return hipErrorInvalidHandle;
    delete module;
    return hipSuccess;
  });
}

hipError_t hipModuleGetFunction(hipFunction_t* function, hipModule_t module, const char* name) {
  return device_call([&](Runtime&) {
    if (function == nullptr || name == nullptr) return hipErrorInvalidValue;
    if (module == nullptr) return hipErrorInvalidHandle;
    const Kernel* const kernel = module->module->kernel(name);
    *function = reinterpret_cast<hipFunction_t>(const_cast<Kernel*>(kernel));
    return kernel == nullptr ? hipErrorNotFound : hipSuccess;
  });
}

// Arguments by pointer only; a packed block (`extra`) says nothing of hidden ones.
hipError_t hipModuleLaunchKernel(hipFunction_t function, unsigned blocks_x, unsigned blocks_y,
                                 unsigned blocks_z, unsigned threads_x, unsigned threads_y,
                                 unsigned threads_z, unsigned dynamic_lds, hipStream_t stream,
                                 void** arguments, void** extra) {
  return device_call([&](Runtime& runtime) {
    if (extra != nullptr) return hipErrorNotSupported;
    return launch(
        runtime, reinterpret_cast<const Kernel*>(function),
        {{blocks_x, blocks_y, blocks_z}, {threads_x, threads_y, threads_z}, dynamic_lds, stream},
        arguments);
  });
}

/// For the hip backend, which looks it up by name: all that was asked of the runtime so far.
void mlacheck_interpreted_work(mlacheck::amd::Work* work);
void mlacheck_interpreted_work(mlacheck::amd::Work* work) {
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  *work = runtime.work();
}

/// For the hip backend as well; see Runtime::set_order().
void mlacheck_interpreted_order(std::uint32_t order, std::uint64_t seed);
void mlacheck_interpreted_order(std::uint32_t order, std::uint64_t seed) {
  Runtime& runtime = Runtime::get();
  const std::lock_guard lock(runtime.mutex());
  runtime.set_order(order, seed);
}

}  // extern "C"
