// The CUDA driver API as far as the harness needs it. The library is looked up at run time and the
// types are declared here, so that a build without the CUDA toolkit checks CUDA kernels too. Names,
// values and layouts are those of <cuda.h>; driver_abi.cpp holds them to it where the toolkit is
// there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mlacheck::cuda {

using Result = int;  ///< CUresult
using Device = int;
using Address = unsigned long long;           ///< CUdeviceptr
using AllocationHandle = unsigned long long;  ///< CUmemGenericAllocationHandle
struct Context_;
struct Stream_;
struct Graph_;
struct GraphExec_;
using Context = Context_*;
using Stream = Stream_*;
using Graph = Graph_*;
using GraphExec = GraphExec_*;

constexpr Result kSuccess = 0;
/// Not one of the driver's: its library is not there, or is older than a function that is needed.
constexpr Result kNoDriver = -1;

constexpr unsigned kStreamNonBlocking = 1;
constexpr int kCaptureRelaxed = 2;
constexpr int kGranularityMinimum = 0;
constexpr int kAllocationPinned = 1;
constexpr int kLocationDevice = 1;
constexpr int kAccessReadWrite = 3;
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

struct Location {
  int type;
  int id;
};

struct AllocationProperties {
  int type;
  int requested_handle_types;
  Location location;
  void* windows_meta_data;
  struct {
    unsigned char compression_type;
    unsigned char gpu_direct_rdma_capable;
    unsigned short usage;
    unsigned char reserved[4];
  } flags;
};

struct Access {
  Location location;
  int flags;
};

/// Null where the library lacks the function. CUDA 11.4 has all of them.
struct Driver {
  Result (*init)(unsigned flags);
  Result (*driver_version)(int* version);
  Result (*error_name)(Result, const char** text);
  Result (*error_string)(Result, const char** text);
  Result (*device_count)(int* count);
  Result (*device_name)(char* name, int length, Device);
  Result (*device_attribute)(int* value, int attribute, Device);
  Result (*retain_primary_context)(Context*, Device);
  Result (*current_context)(Context*);
  Result (*set_current_context)(Context);

  Result (*create_stream)(Stream*, unsigned flags);
  Result (*synchronize)(Stream);
  Result (*allocate)(Address*, std::size_t bytes);
  Result (*free)(Address);
  Result (*copy_to_device)(Address to, const void* from, std::size_t bytes, Stream);
  Result (*copy_to_host)(void* to, Address from, std::size_t bytes, Stream);
  Result (*fill)(Address to, unsigned char value, std::size_t bytes, Stream);

  Result (*begin_capture)(Stream, int mode);
  Result (*end_capture)(Stream, Graph*);
  Result (*instantiate)(GraphExec*, Graph, unsigned long long flags);
  Result (*launch_graph)(GraphExec, Stream);
  Result (*destroy_graph)(Graph);
  Result (*destroy_graph_exec)(GraphExec);

  Result (*granularity)(std::size_t* bytes, const AllocationProperties*, int option);
  Result (*reserve)(Address*, std::size_t bytes, std::size_t alignment, Address wanted,
                    unsigned long long flags);
  Result (*release_addresses)(Address, std::size_t bytes);
  Result (*create)(AllocationHandle*, std::size_t bytes, const AllocationProperties*,
                   unsigned long long flags);
  Result (*release)(AllocationHandle);
  Result (*map)(Address, std::size_t bytes, std::size_t offset, AllocationHandle,
                unsigned long long flags);
  Result (*unmap)(Address, std::size_t bytes);
  Result (*set_access)(Address, std::size_t bytes, const Access*, std::size_t count);

  /// Empty, or why nothing can be called: no library, or the first function that it lacks.
  std::string missing;
};

/// Of this process. Loads the library on the first call and does not initialise it.
const Driver& driver();

/// "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered", or what is missing.
std::string text_of(Result);

}  // namespace mlacheck::cuda
