// Holds the declarations of driver.hpp to those of the toolkit. Nothing here runs.
#include <cuda.h>

#include <cstddef>
#include <type_traits>

#include "harness/backends/cuda/driver.hpp"

namespace mlacheck::cuda {
namespace {

static_assert(sizeof(Result) == sizeof(CUresult));
static_assert(std::is_same_v<Device, CUdevice>);
static_assert(std::is_same_v<Address, CUdeviceptr>);
static_assert(std::is_same_v<AllocationHandle, CUmemGenericAllocationHandle>);
static_assert(kSuccess == static_cast<int>(CUDA_SUCCESS));
static_assert(kStreamNonBlocking == static_cast<unsigned>(CU_STREAM_NON_BLOCKING));
static_assert(kCaptureRelaxed == static_cast<int>(CU_STREAM_CAPTURE_MODE_RELAXED));
static_assert(kGranularityMinimum == static_cast<int>(CU_MEM_ALLOC_GRANULARITY_MINIMUM));
static_assert(kAllocationPinned == static_cast<int>(CU_MEM_ALLOCATION_TYPE_PINNED));
static_assert(kLocationDevice == static_cast<int>(CU_MEM_LOCATION_TYPE_DEVICE));
static_assert(kAccessReadWrite == static_cast<int>(CU_MEM_ACCESS_FLAGS_PROT_READWRITE));
static_assert(kComputeCapabilityMajor ==
              static_cast<int>(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
static_assert(kComputeCapabilityMinor ==
              static_cast<int>(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));

static_assert(sizeof(Location) == sizeof(CUmemLocation));
static_assert(offsetof(Location, id) == offsetof(CUmemLocation, id));
static_assert(sizeof(AllocationProperties) == sizeof(CUmemAllocationProp));
static_assert(offsetof(AllocationProperties, location) == offsetof(CUmemAllocationProp, location));
static_assert(offsetof(AllocationProperties, flags) == offsetof(CUmemAllocationProp, allocFlags));
static_assert(sizeof(Access) == sizeof(CUmemAccessDesc));
static_assert(offsetof(Access, flags) == offsetof(CUmemAccessDesc, flags));

// driver.hpp declares handles as pointers and enumerations as int. Everything else must have the
// toolkit's own type.
template <class Ours, class Theirs>
constexpr bool kSame =
    std::is_same_v<Ours, Theirs> || (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) ||
    (std::is_same_v<Ours, int> && std::is_enum_v<Theirs> && sizeof(Ours) == sizeof(Theirs));

template <class Ours, class Theirs>
struct SameCall : std::false_type {};
template <class... Ours, class... Theirs>
struct SameCall<Result (*)(Ours...), CUresult(Theirs...)> {
  static constexpr bool value = [] {
    if constexpr (sizeof...(Ours) != sizeof...(Theirs)) {
      return false;
    } else {
      return (kSame<Ours, Theirs> && ...);
    }
  }();
};

template <auto Member>
struct TypeOf;
template <class Type, Type Driver::* Member>
struct TypeOf<Member> {
  using type = Type;
};

template <auto Member, class Theirs>
constexpr bool kMatches = SameCall<typename TypeOf<Member>::type, Theirs>::value;

static_assert(kMatches<&Driver::init, decltype(cuInit)>);
static_assert(kMatches<&Driver::driver_version, decltype(cuDriverGetVersion)>);
static_assert(kMatches<&Driver::device_count, decltype(cuDeviceGetCount)>);
static_assert(kMatches<&Driver::device_name, decltype(cuDeviceGetName)>);
static_assert(kMatches<&Driver::device_attribute, decltype(cuDeviceGetAttribute)>);
static_assert(kMatches<&Driver::retain_primary_context, decltype(cuDevicePrimaryCtxRetain)>);
static_assert(kMatches<&Driver::current_context, decltype(cuCtxGetCurrent)>);
static_assert(kMatches<&Driver::set_current_context, decltype(cuCtxSetCurrent)>);
static_assert(kMatches<&Driver::create_stream, decltype(cuStreamCreate)>);
static_assert(kMatches<&Driver::synchronize, decltype(cuStreamSynchronize)>);
static_assert(kMatches<&Driver::allocate, decltype(cuMemAlloc)>);
static_assert(kMatches<&Driver::free, decltype(cuMemFree)>);
static_assert(kMatches<&Driver::copy_to_device, decltype(cuMemcpyHtoDAsync)>);
static_assert(kMatches<&Driver::copy_to_host, decltype(cuMemcpyDtoHAsync)>);
static_assert(kMatches<&Driver::fill, decltype(cuMemsetD8Async)>);
static_assert(kMatches<&Driver::begin_capture, decltype(cuStreamBeginCapture)>);
static_assert(kMatches<&Driver::end_capture, decltype(cuStreamEndCapture)>);
static_assert(kMatches<&Driver::instantiate, decltype(cuGraphInstantiateWithFlags)>);
static_assert(kMatches<&Driver::launch_graph, decltype(cuGraphLaunch)>);
static_assert(kMatches<&Driver::destroy_graph, decltype(cuGraphDestroy)>);
static_assert(kMatches<&Driver::destroy_graph_exec, decltype(cuGraphExecDestroy)>);
static_assert(kMatches<&Driver::granularity, decltype(cuMemGetAllocationGranularity)>);
static_assert(kMatches<&Driver::reserve, decltype(cuMemAddressReserve)>);
static_assert(kMatches<&Driver::release_addresses, decltype(cuMemAddressFree)>);
static_assert(kMatches<&Driver::create, decltype(cuMemCreate)>);
static_assert(kMatches<&Driver::release, decltype(cuMemRelease)>);
static_assert(kMatches<&Driver::map, decltype(cuMemMap)>);
static_assert(kMatches<&Driver::unmap, decltype(cuMemUnmap)>);
static_assert(kMatches<&Driver::set_access, decltype(cuMemSetAccess)>);

}  // namespace
}  // namespace mlacheck::cuda
