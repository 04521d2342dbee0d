// An ordinary HIP program, of the calls that such programs make: it has to run as it is wherever the
// stand-in's folder comes first in LD_LIBRARY_PATH. Exits with the number of expectations that failed.
#include <hip/hip_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

// With internal linkage the compiler would take them for constants: nothing in the device code writes them.
__device__ int counter;
__device__ float scales[4] = {1.0f, 2.0f, 3.0f, 4.0f};
__constant__ int offsets[16];

namespace {

int failures = 0;

void expect(bool good, const char* what, int line) {
  if (good) return;
  ++failures;
  std::printf("line %d: %s\n", line, what);
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)
#define SUCCEEDS(call) expect((call) == hipSuccess, #call, __LINE__)

constexpr int kCount = 1000;

__global__ void axpy(float a, const float* x, float* y, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = a * x[i] + y[i];
}
__global__ void add(int* to, int value) { to[threadIdx.x] += value; }
__global__ void __launch_bounds__(128) with_variables(float* to) {
  __shared__ float shared[128];
  shared[threadIdx.x] = scales[threadIdx.x & 3];
  __syncthreads();
  atomicAdd(&counter, 1);
  to[threadIdx.x] = shared[127 - threadIdx.x] + static_cast<float>(offsets[threadIdx.x & 15]);
}

template <class T>
T* allocated(std::size_t count) {
  void* memory = nullptr;
  SUCCEEDS(hipMalloc(&memory, count * sizeof(T)));
  return static_cast<T*>(memory);
}

template <class T>
std::vector<T> read(const T* from, std::size_t count) {
  std::vector<T> values(count);
  SUCCEEDS(hipMemcpy(values.data(), from, count * sizeof(T), hipMemcpyDeviceToHost));
  return values;
}

void device() {
  int count = 0;
  SUCCEEDS(hipGetDeviceCount(&count));
  EXPECT(count == 1);
  hipDevice_t device = -1;
  SUCCEEDS(hipDeviceGet(&device, 0));
  char name[64] = "";
  SUCCEEDS(hipDeviceGetName(name, sizeof name, device));
  EXPECT(std::strncmp(name, "interpreted gfx", 15) == 0);
  hipDeviceProp_t properties{};
  SUCCEEDS(hipGetDeviceProperties(&properties, 0));
  EXPECT(std::string(properties.name) == name);
  int major = 0;
  int width = 0;
  SUCCEEDS(hipDeviceGetAttribute(&major, hipDeviceAttributeComputeCapabilityMajor, 0));
  SUCCEEDS(hipDeviceGetAttribute(&width, hipDeviceAttributeWarpSize, 0));
  EXPECT(major == properties.major && width == properties.warpSize);
  std::size_t bytes = 0;
  SUCCEEDS(hipDeviceTotalMem(&bytes, device));
  EXPECT(bytes == properties.totalGlobalMem);
  int least = -1;
  SUCCEEDS(hipDeviceGetStreamPriorityRange(&least, nullptr));
  EXPECT(least == 0);
}

void streams_and_events() {
  std::vector<float> x(kCount);
  std::iota(x.begin(), x.end(), 0.0f);
  float* const from = allocated<float>(kCount);
  float* const to = allocated<float>(kCount);
  hipStream_t stream = nullptr;
  hipEvent_t before = nullptr;
  hipEvent_t after = nullptr;
  SUCCEEDS(hipStreamCreateWithPriority(&stream, hipStreamNonBlocking, 0));
  SUCCEEDS(hipEventCreate(&before));
  SUCCEEDS(hipEventCreate(&after));
  SUCCEEDS(hipMemcpyAsync(from, x.data(), kCount * 4, hipMemcpyHostToDevice, stream));
  SUCCEEDS(hipMemsetAsync(to, 0, kCount * 4, stream));
  SUCCEEDS(hipEventRecord(before, stream));
  axpy<<<4, 256, 0, stream>>>(2.0f, from, to, kCount);
  SUCCEEDS(hipGetLastError());
  SUCCEEDS(hipEventRecord(after, stream));
  int called = 0;
  SUCCEEDS(hipStreamAddCallback(
      stream,
      [](hipStream_t, hipError_t status, void* data) {
        *static_cast<int*>(data) += status == hipSuccess;
      },
      &called, 0));
  SUCCEEDS(hipStreamSynchronize(stream));
  EXPECT(called == 1);
  float milliseconds = -1.0f;
  SUCCEEDS(hipEventElapsedTime(&milliseconds, before, after));
  EXPECT(milliseconds >= 0.0f);
  const std::vector<float> y = read(to, kCount);
  for (int i = 0; i < kCount; ++i)
    EXPECT(y[static_cast<std::size_t>(i)] == 2.0f * static_cast<float>(i));
  SUCCEEDS(hipEventDestroy(before));
  SUCCEEDS(hipEventDestroy(after));
  SUCCEEDS(hipStreamDestroy(stream));
  SUCCEEDS(hipFree(from));
  SUCCEEDS(hipFree(to));
}

void variables() {
  int numbers[16];
  std::iota(numbers, numbers + 16, 100);
  SUCCEEDS(hipMemcpyToSymbol(HIP_SYMBOL(offsets), numbers, sizeof numbers));
  const float third = 30.0f;
  SUCCEEDS(hipMemcpyToSymbol(HIP_SYMBOL(scales), &third, sizeof third, 2 * sizeof third));
  std::size_t bytes = 0;
  SUCCEEDS(hipGetSymbolSize(&bytes, HIP_SYMBOL(scales)));
  EXPECT(bytes == sizeof scales);
  EXPECT(hipMemcpyToSymbol(HIP_SYMBOL(scales), numbers, 8, 12) == hipErrorInvalidValue);
  EXPECT(hipGetLastError() == hipErrorInvalidValue);
  EXPECT(hipMemcpyToSymbol(&bytes, numbers, 4) == hipErrorInvalidSymbol);
  EXPECT(std::string(hipGetErrorName(hipGetLastError())) == "hipErrorInvalidSymbol");
  float* const to = allocated<float>(128);
  for (int i = 0; i < 3; ++i) with_variables<<<1, 128>>>(to);
  SUCCEEDS(hipDeviceSynchronize());
  int count = 0;
  SUCCEEDS(hipMemcpyFromSymbol(&count, HIP_SYMBOL(counter), sizeof count));
  EXPECT(count == 3 * 128);
  void* address = nullptr;
  SUCCEEDS(hipGetSymbolAddress(&address, HIP_SYMBOL(counter)));
  EXPECT(read(static_cast<int*>(address), 1)[0] == count);
  const float expected[4] = {4.0f + 100, 30.0f + 101, 2.0f + 102, 1.0f + 103};
  const std::vector<float> got = read(to, 4);
  EXPECT(std::equal(got.begin(), got.end(), expected));
  SUCCEEDS(hipFree(to));
}

void memory() {
  unsigned char* const rows = allocated<unsigned char>(3 * 16);
  SUCCEEDS(hipMemset(rows, 1, 3 * 16));
  SUCCEEDS(hipMemset2D(rows, 16, 2, 5, 3));
  unsigned char dense[3][5] = {};
  SUCCEEDS(hipMemcpy2D(dense, 5, rows, 16, 5, 3, hipMemcpyDeviceToHost));
  for (const auto& row : dense) EXPECT(std::count(row, row + 5, 2) == 5);
  EXPECT(read(rows, 16)[5] == 1);
  EXPECT(hipMemcpy2D(dense, 4, rows, 16, 5, 3, hipMemcpyDeviceToHost) == hipErrorInvalidPitchValue);
  SUCCEEDS(hipMemsetD16(rows, 0x1234, 4));
  SUCCEEDS(hipMemsetD32(rows + 8, -2, 1));
  const std::vector<unsigned char> read_back = read(rows, 13);
  EXPECT(read_back[0] == 0x34 && read_back[7] == 0x12);
  EXPECT(read_back[8] == 0xfe && read_back[11] == 0xff && read_back[12] == 1);
  SUCCEEDS(hipFree(rows));

  // Memory of the host, which a kernel may access from then on.
  std::vector<int> own(64, 5);
  SUCCEEDS(hipHostRegister(own.data(), own.size() * sizeof(int), hipHostRegisterDefault));
  void* seen = nullptr;
  SUCCEEDS(hipHostGetDevicePointer(&seen, own.data(), 0));
  add<<<1, 64>>>(static_cast<int*>(seen), 3);
  SUCCEEDS(hipDeviceSynchronize());
  EXPECT(own[63] == 8);
  SUCCEEDS(hipHostUnregister(own.data()));
  EXPECT(hipHostUnregister(own.data()) == hipErrorHostMemoryNotRegistered);

  void* managed = nullptr;
  SUCCEEDS(hipMallocManaged(&managed, 64 * sizeof(int)));
  std::memset(managed, 0, 64 * sizeof(int));
  add<<<1, 64>>>(static_cast<int*>(managed), 7);
  SUCCEEDS(hipDeviceSynchronize());
  EXPECT(static_cast<int*>(managed)[1] == 7);
  SUCCEEDS(hipFree(managed));
  EXPECT(hipModuleLoad(nullptr, "x") == hipErrorInvalidValue);
  hipModule_t module = nullptr;
  EXPECT(hipModuleLoad(&module, "no such file") == hipErrorFileNotFound);
}

void functions() {
  hipFuncAttributes attributes{};
  SUCCEEDS(hipFuncGetAttributes(&attributes, reinterpret_cast<const void*>(&with_variables)));
  EXPECT(attributes.sharedSizeBytes == 128 * sizeof(float) && attributes.maxThreadsPerBlock == 128);
  int blocks = 0;
  SUCCEEDS(hipOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, with_variables, 128, 0));
  EXPECT(blocks == 8);
  SUCCEEDS(hipOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, with_variables, 256, 0));
  EXPECT(blocks == 0);
  int threads = 0;
  SUCCEEDS(hipOccupancyMaxPotentialBlockSize(&blocks, &threads, axpy, 0, 0));
  EXPECT(threads > 0 && blocks > 0);
  float* const to = allocated<float>(256);
  with_variables<<<1, 256>>>(to);
  EXPECT(hipGetLastError() == hipErrorInvalidConfiguration);
  SUCCEEDS(hipFree(to));
}

// Work of a second stream belongs to the capture that its events tie it to, and runs with each launch of the
// graph and at no other time.
void capture_of_two_streams() {
  int* const to = allocated<int>(64);
  SUCCEEDS(hipMemset(to, 0, 64 * sizeof(int)));
  hipStream_t first = nullptr;
  hipStream_t second = nullptr;
  hipEvent_t fork = nullptr;
  hipEvent_t join = nullptr;
  SUCCEEDS(hipStreamCreate(&first));
  SUCCEEDS(hipStreamCreate(&second));
  SUCCEEDS(hipEventCreate(&fork));
  SUCCEEDS(hipEventCreate(&join));
  const auto record = [&](bool joined) {
    SUCCEEDS(hipStreamBeginCapture(first, hipStreamCaptureModeGlobal));
    add<<<1, 64, 0, first>>>(to, 1);
    SUCCEEDS(hipEventRecord(fork, first));
    SUCCEEDS(hipStreamWaitEvent(second, fork, 0));
    add<<<1, 64, 0, second>>>(to, 10);
    SUCCEEDS(hipEventRecord(join, second));
    if (joined) SUCCEEDS(hipStreamWaitEvent(first, join, 0));
  };
  hipGraph_t graph = nullptr;
  record(true);
  EXPECT(hipEventQuery(fork) == hipErrorCapturedEvent);
  SUCCEEDS(hipStreamEndCapture(first, &graph));
  SUCCEEDS(hipDeviceSynchronize());
  EXPECT(read(to, 1)[0] == 0);
  hipGraphExec_t executable = nullptr;
  SUCCEEDS(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0));
  SUCCEEDS(hipGraphLaunch(executable, first));
  SUCCEEDS(hipGraphLaunch(executable, first));
  SUCCEEDS(hipStreamSynchronize(first));
  EXPECT(read(to, 64)[63] == 22);
  // The second stream is its own again.
  add<<<1, 64, 0, second>>>(to, 100);
  SUCCEEDS(hipStreamSynchronize(second));
  EXPECT(read(to, 1)[0] == 122);
  record(false);
  hipGraph_t loose = nullptr;
  EXPECT(hipStreamEndCapture(first, &loose) == hipErrorStreamCaptureUnjoined);
  EXPECT(read(to, 1)[0] == 122);
  SUCCEEDS(hipGraphExecDestroy(executable));
  SUCCEEDS(hipGraphDestroy(graph));
  SUCCEEDS(hipStreamDestroy(first));
  SUCCEEDS(hipStreamDestroy(second));
  SUCCEEDS(hipFree(to));
}

void reset() {
  int* const memory = allocated<int>(4);
  SUCCEEDS(hipDeviceReset());
  EXPECT(hipFree(memory) == hipErrorInvalidValue);
  std::size_t available = 0;
  std::size_t total = 0;
  SUCCEEDS(hipMemGetInfo(&available, &total));
  EXPECT(available == total);
}

}  // namespace

int main() {
  device();
  streams_and_events();
  variables();
  memory();
  functions();
  capture_of_two_streams();
  reset();
  std::printf("%d failed\n", failures);
  return failures;
}
