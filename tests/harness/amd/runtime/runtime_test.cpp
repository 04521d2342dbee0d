#include <dlfcn.h>
#include <gtest/gtest.h>
#include <hip/hip_runtime_api.h>

#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "harness/amd/runtime/work.hpp"
#include "tests/harness/amd/support/assembled.hpp"

namespace mlacheck::amd {
namespace {

Target target() {
  const char* const name = std::getenv("MLACHECK_INTERPRETED_TARGET");
  return name == nullptr ? Target::gfx90a : target_named(name).value();
}

// probe(std::uint32_t* to, std::uint32_t value): every thread of a block of one dimension stores its
// number plus the value.
test::KernelText probe() {
  test::KernelText text;
  text.code =
      "s_load_dword s2, s[0:1], 0x8\n"
      "s_load_dwordx2 s[4:5], s[0:1], 0x0\n"
      "s_waitcnt lgkmcnt(0)\n"
      "v_mov_b32_e32 v2, s2\n"
      "v_add_u32_e32 v2, v0, v2\n"
      "v_lshlrev_b32_e32 v1, 2, v0\n"
      "global_store_dword v1, v2, s[4:5]\n"
      "s_endpgm";
  if (target() == Target::gfx1030) {
    text.code.replace(text.code.find("v_add_u32_e32"), 13, "v_add_nc_u32_e32");
  }
  text.descriptor = ".amdhsa_user_sgpr_kernarg_segment_ptr 1\n.amdhsa_system_sgpr_workgroup_id_x 0";
  text.arguments =
      "[ { .offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global }, "
      "{ .offset: 8, .size: 4, .value_kind: by_value } ]";
  text.kernarg_bytes = 12;
  return text;
}

class RuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    file_ = test::assembled(target(), probe());
    ASSERT_EQ(hipModuleLoadData(&module_, file_.data()), hipSuccess)
        << hipGetErrorString(hipErrorNoBinaryForGpu);
    ASSERT_EQ(hipModuleGetFunction(&function_, module_, "probe"), hipSuccess);
    ASSERT_EQ(hipStreamCreate(&stream_), hipSuccess);
  }

  hipError_t launch(void* to, std::uint32_t value, unsigned threads, unsigned blocks = 1) {
    void* arguments[] = {&to, &value};
    return hipModuleLaunchKernel(function_, blocks, 1, 1, threads, 1, 1, 0, stream_, arguments,
                                 nullptr);
  }
  std::vector<std::uint32_t> downloaded(const void* from, std::size_t count) {
    std::vector<std::uint32_t> values(count);
    EXPECT_EQ(hipMemcpyAsync(values.data(), from, count * 4, hipMemcpyDeviceToHost, stream_),
              hipSuccess);
    EXPECT_EQ(hipStreamSynchronize(stream_), hipSuccess);
    return values;
  }
  static std::vector<std::uint32_t> counting(std::uint32_t first, std::size_t count) {
    std::vector<std::uint32_t> values(count);
    std::iota(values.begin(), values.end(), first);
    return values;
  }
  std::uint32_t* allocated(std::size_t count) {
    void* memory = nullptr;
    EXPECT_EQ(hipMalloc(&memory, count * 4), hipSuccess);
    EXPECT_EQ(hipMemsetAsync(memory, 0, count * 4, stream_), hipSuccess);
    return static_cast<std::uint32_t*>(memory);
  }

  std::vector<std::byte> file_;
  hipModule_t module_ = nullptr;
  hipFunction_t function_ = nullptr;
  hipStream_t stream_ = nullptr;
};

TEST_F(RuntimeTest, DeviceIsNamedAsInterpreted) {
  hipDeviceProp_t properties{};
  ASSERT_EQ(hipGetDeviceProperties(&properties, 0), hipSuccess);
  EXPECT_EQ(std::string(properties.name), "interpreted " + std::string(name_of(target())));
  EXPECT_EQ(properties.warpSize, target() == Target::gfx1030 ? 32 : 64);
  EXPECT_EQ(hipGetDeviceProperties(&properties, 1), hipErrorInvalidDevice);
}

TEST_F(RuntimeTest, EveryThreadOfEveryWaveRuns) {
  std::uint32_t* const memory = allocated(1001);
  ASSERT_EQ(launch(memory, 7, 1000), hipSuccess);
  std::vector<std::uint32_t> expected = counting(7, 1000);
  expected.push_back(0);
  EXPECT_EQ(downloaded(memory, 1001), expected);
}

TEST_F(RuntimeTest, FaultShowsAtTheNextWaitAndStays) {
  const auto outside = [&] {
    std::uint32_t* const memory = allocated(64);
    // One element too many, and nothing of it before somebody waits.
    if (launch(memory, 0, 65) != hipSuccess) return 1;
    if (launch(memory, 0, 64) != hipSuccess) return 2;
    if (hipStreamSynchronize(stream_) != hipErrorIllegalAddress) return 3;
    if (hipGetLastError() != hipErrorIllegalAddress) return 4;
    if (hipGetLastError() != hipErrorIllegalAddress) return 5;
    void* more = nullptr;
    if (hipMalloc(&more, 4) != hipErrorIllegalAddress) return 6;
    if (launch(memory, 0, 1) != hipErrorIllegalAddress) return 7;
    const std::string text = hipGetErrorString(hipErrorIllegalAddress);
    return text.find("probe") == std::string::npos ? 8 : 0;
  };
  EXPECT_EXIT(std::exit(outside()), testing::ExitedWithCode(0), "interpreted gfx.*probe");
}

TEST_F(RuntimeTest, AnErrorOfACallIsForgottenOnceRead) {
  void* memory = nullptr;
  EXPECT_EQ(hipMalloc(&memory, std::size_t{1} << 60), hipErrorOutOfMemory);
  EXPECT_EQ(memory, nullptr);
  EXPECT_EQ(hipPeekAtLastError(), hipErrorOutOfMemory);
  EXPECT_EQ(hipGetLastError(), hipErrorOutOfMemory);
  EXPECT_EQ(hipGetLastError(), hipSuccess);
}

TEST_F(RuntimeTest, LaunchesBeyondTheLimitsAreRefusedAndHarmNothing) {
  std::uint32_t* const memory = allocated(64);
  EXPECT_EQ(launch(memory, 0, 1025), hipErrorInvalidConfiguration);
  EXPECT_EQ(launch(memory, 0, 0), hipErrorInvalidConfiguration);
  EXPECT_EQ(launch(memory, 0, 1024, 0x400000), hipErrorInvalidConfiguration);
  EXPECT_EQ(launch(memory, 3, 64), hipSuccess);
  EXPECT_EQ(downloaded(memory, 64), counting(3, 64));
}

TEST_F(RuntimeTest, CopiesAndFillsStayWithinLiveMemory) {
  std::uint32_t* const memory = allocated(64);
  std::vector<std::uint32_t> host(65);
  EXPECT_EQ(hipMemcpyAsync(memory, host.data(), 65 * 4, hipMemcpyHostToDevice, stream_),
            hipErrorInvalidValue);
  EXPECT_EQ(hipMemcpyAsync(host.data(), memory, 65 * 4, hipMemcpyDeviceToHost, stream_),
            hipErrorInvalidValue);
  EXPECT_EQ(hipMemcpyAsync(host.data(), memory, 64, hipMemcpyHostToDevice, stream_),
            hipErrorInvalidValue);
  EXPECT_EQ(hipMemsetAsync(memory + 1, 0, 64 * 4, stream_), hipErrorInvalidValue);
  EXPECT_EQ(hipFree(memory + 1), hipErrorInvalidValue);
  EXPECT_EQ(hipFree(memory), hipSuccess);
  EXPECT_EQ(hipFree(memory), hipErrorInvalidValue);
  EXPECT_EQ(hipMemsetAsync(memory, 0, 4, stream_), hipErrorInvalidValue);
}

TEST_F(RuntimeTest, ACaptureRunsWhenItIsReplayedAndNotBefore) {
  std::uint32_t* const memory = allocated(70);
  ASSERT_EQ(hipStreamBeginCapture(stream_, hipStreamCaptureModeRelaxed), hipSuccess);
  ASSERT_EQ(hipMemsetAsync(memory, 0xff, 70 * 4, stream_), hipSuccess);
  ASSERT_EQ(launch(memory, 1, 66), hipSuccess);
  hipGraph_t graph = nullptr;
  ASSERT_EQ(hipStreamEndCapture(stream_, &graph), hipSuccess);
  std::size_t nodes = 0;
  EXPECT_EQ(hipGraphGetNodes(graph, nullptr, &nodes), hipSuccess);
  EXPECT_EQ(nodes, 2U);
  EXPECT_EQ(downloaded(memory, 70), std::vector<std::uint32_t>(70));
  hipGraphExec_t executable = nullptr;
  ASSERT_EQ(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0), hipSuccess);
  ASSERT_EQ(hipGraphDestroy(graph), hipSuccess);
  std::vector<std::uint32_t> expected = counting(1, 66);
  expected.resize(70, 0xffffffffU);
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(hipMemsetAsync(memory, 0, 70 * 4, stream_), hipSuccess);
    ASSERT_EQ(hipGraphLaunch(executable, stream_), hipSuccess);
    EXPECT_EQ(downloaded(memory, 70), expected) << "round " << round;
  }
  EXPECT_EQ(hipGraphExecDestroy(executable), hipSuccess);
}

// numbered(std::uint32_t* to): each block of one thread stores 1 at its number along x.
test::KernelText numbered() {
  test::KernelText text;
  text.name = "numbered";
  text.code =
      "s_load_dwordx2 s[4:5], s[0:1], 0x0\n"
      "s_mov_b32 s6, s2\n"
      "s_mov_b32 s7, 0\n"
      "s_lshl_b64 s[6:7], s[6:7], 2\n"
      "s_waitcnt lgkmcnt(0)\n"
      "s_add_u32 s4, s4, s6\n"
      "s_addc_u32 s5, s5, s7\n"
      "v_mov_b32_e32 v1, 0\n"
      "v_mov_b32_e32 v2, 1\n"
      "global_store_dword v1, v2, s[4:5]\n"
      "s_endpgm";
  text.descriptor = ".amdhsa_user_sgpr_kernarg_segment_ptr 1\n.amdhsa_system_sgpr_workgroup_id_x 1";
  text.arguments =
      "[ { .offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global } ]";
  text.kernarg_bytes = 8;
  return text;
}

using RunBlocks = hipError_t (*)(hipGraphExec_t, const std::uint64_t*, const std::size_t*,
                                 std::size_t);
using Touched = hipError_t (*)(const void*, std::size_t,
                               void (*)(void*, std::uint64_t, std::uint64_t), void*);

class ChosenBlocksTest : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    file_ = test::assembled(target(), numbered());
    ASSERT_EQ(hipModuleLoadData(&module_, file_.data()), hipSuccess);
    ASSERT_EQ(hipModuleGetFunction(&function_, module_, "numbered"), hipSuccess);
    run_blocks_ = reinterpret_cast<RunBlocks>(dlsym(RTLD_DEFAULT, "mlacheck_interpreted_blocks"));
    touched_ = reinterpret_cast<Touched>(dlsym(RTLD_DEFAULT, "mlacheck_interpreted_touched"));
    ASSERT_NE(run_blocks_, nullptr);
    ASSERT_NE(touched_, nullptr);
  }

  // Launches of so many blocks, recorded.
  hipGraphExec_t recorded(void* to, const std::vector<unsigned>& launches) {
    EXPECT_EQ(hipStreamBeginCapture(stream_, hipStreamCaptureModeRelaxed), hipSuccess);
    for (const unsigned blocks : launches) EXPECT_EQ(launch(to, 0, 1, blocks), hipSuccess);
    hipGraph_t graph = nullptr;
    EXPECT_EQ(hipStreamEndCapture(stream_, &graph), hipSuccess);
    hipGraphExec_t executable = nullptr;
    EXPECT_EQ(hipGraphInstantiate(&executable, graph, nullptr, nullptr, 0), hipSuccess);
    return executable;
  }
  hipError_t run(hipGraphExec_t graph, const std::vector<std::uint64_t>& numbers,
                 const std::vector<std::size_t>& counts) {
    return run_blocks_(graph, numbers.data(), counts.data(), counts.size());
  }

  RunBlocks run_blocks_ = nullptr;
  Touched touched_ = nullptr;
};

TEST_F(ChosenBlocksTest, RunAlone) {
  std::uint32_t* const memory = allocated(8);
  hipGraphExec_t const graph = recorded(memory, {8, 8, 8});
  ASSERT_EQ(run(graph, {6, 1, 3}, {2, 0, 1}), hipSuccess);
  EXPECT_EQ(downloaded(memory, 8), (std::vector<std::uint32_t>{0, 1, 0, 1, 0, 0, 1, 0}));
}

TEST_F(ChosenBlocksTest, AreRefusedWhereTheyAreNone) {
  std::uint32_t* const memory = allocated(8);
  hipGraphExec_t const graph = recorded(memory, {8, 4});
  EXPECT_EQ(run(graph, {0}, {1}), hipErrorInvalidValue) << "a list is missing";
  EXPECT_EQ(run(graph, {0, 4}, {1, 1}), hipErrorInvalidValue) << "no block of the second";
  EXPECT_EQ(downloaded(memory, 8), std::vector<std::uint32_t>(8)) << "nothing may have run";
  ASSERT_EQ(hipStreamBeginCapture(stream_, hipStreamCaptureModeRelaxed), hipSuccess);
  ASSERT_EQ(hipMemsetAsync(memory, 0xff, 4, stream_), hipSuccess);
  hipGraph_t fill = nullptr;
  ASSERT_EQ(hipStreamEndCapture(stream_, &fill), hipSuccess);
  hipGraphExec_t filling = nullptr;
  ASSERT_EQ(hipGraphInstantiate(&filling, fill, nullptr, nullptr, 0), hipSuccess);
  EXPECT_EQ(run(filling, {0}, {1}), hipErrorNotSupported);
}

TEST_F(ChosenBlocksTest, TouchPagesThatCanBeTold) {
  constexpr std::size_t kBytes = std::size_t{1} << 34;
  constexpr unsigned kBlocks = 0xfffffffeU;  // 16 GiB are written to by all of them
  hipMemAllocationProp properties{};
  properties.type = hipMemAllocationTypePinned;
  properties.location.type = hipMemLocationTypeDevice;
  void* base = nullptr;
  hipMemGenericAllocationHandle_t handle{};
  ASSERT_EQ(hipMemAddressReserve(&base, kBytes, 0, nullptr, 0), hipSuccess);
  ASSERT_EQ(hipMemCreate(&handle, kBytes, &properties, 0), hipSuccess);
  ASSERT_EQ(hipMemMap(base, kBytes, 0, handle, 0), hipSuccess);
  hipMemAccessDesc access{};
  access.location.type = hipMemLocationTypeDevice;
  access.flags = hipMemAccessFlagsProtReadWrite;
  ASSERT_EQ(hipMemSetAccess(base, kBytes, &access, 1), hipSuccess);
  ASSERT_EQ(run(recorded(base, {kBlocks}), {0, kBlocks - 1}, {2}), hipSuccess);
  ASSERT_EQ(hipStreamSynchronize(stream_), hipSuccess);
  std::vector<std::uint64_t> pages;
  const auto add = [](void* to, std::uint64_t offset, std::uint64_t bytes) {
    auto& list = *static_cast<std::vector<std::uint64_t>*>(to);
    list.insert(list.end(), {offset / 4096, bytes / 4096});
  };
  ASSERT_EQ(touched_(base, kBytes, add, &pages), hipSuccess);
  EXPECT_EQ(pages, (std::vector<std::uint64_t>{0, 1, kBytes / 4096 - 1, 1}));
  EXPECT_EQ(touched_(base, 4096, add, &pages), hipErrorInvalidValue) << "no whole mapping";
}

TEST_F(RuntimeTest, WaitingForACapturedStreamBreaksTheCapture) {
  ASSERT_EQ(hipStreamBeginCapture(stream_, hipStreamCaptureModeGlobal), hipSuccess);
  void* memory = nullptr;
  EXPECT_EQ(hipMalloc(&memory, 4), hipErrorStreamCaptureUnsupported);
  EXPECT_EQ(hipStreamSynchronize(stream_), hipErrorStreamCaptureUnsupported);
  hipGraph_t graph = nullptr;
  EXPECT_EQ(hipStreamEndCapture(stream_, &graph), hipErrorStreamCaptureInvalidated);
  EXPECT_EQ(graph, nullptr);
  EXPECT_EQ(hipStreamEndCapture(stream_, &graph), hipErrorStreamCaptureUnmatched);
  EXPECT_EQ(hipStreamSynchronize(stream_), hipSuccess);
}

TEST_F(RuntimeTest, MappedMemoryEndsAtItsLastGranule) {
  hipMemAllocationProp properties{};
  properties.type = hipMemAllocationTypePinned;
  properties.location.type = hipMemLocationTypeDevice;
  std::size_t granule = 0;
  ASSERT_EQ(
      hipMemGetAllocationGranularity(&granule, &properties, hipMemAllocationGranularityMinimum),
      hipSuccess);
  void* base = nullptr;
  hipMemGenericAllocationHandle_t handle{};
  ASSERT_EQ(hipMemAddressReserve(&base, 2 * granule, 0, nullptr, 0), hipSuccess);
  ASSERT_EQ(hipMemCreate(&handle, granule, &properties, 0), hipSuccess);
  ASSERT_EQ(hipMemMap(base, granule, 0, handle, 0), hipSuccess);
  hipMemAccessDesc access{};
  access.location.type = hipMemLocationTypeDevice;
  access.flags = hipMemAccessFlagsProtReadWrite;
  ASSERT_EQ(hipMemSetAccess(base, granule, &access, 1), hipSuccess);
  auto* const end = static_cast<std::uint32_t*>(base) + granule / 4;
  ASSERT_EQ(launch(end - 64, 5, 64), hipSuccess);
  EXPECT_EQ(downloaded(end - 64, 64), counting(5, 64));
  const auto beyond = [&] {
    static_cast<void>(launch(end - 64, 5, 65));
    return hipStreamSynchronize(stream_) == hipErrorIllegalAddress ? 0 : 1;
  };
  EXPECT_EXIT(std::exit(beyond()), testing::ExitedWithCode(0), "probe");
  EXPECT_EQ(hipMemAddressFree(base, 2 * granule), hipErrorInvalidValue) << "still mapped";
  EXPECT_EQ(hipMemUnmap(base, granule), hipSuccess);
  EXPECT_EQ(hipMemRelease(handle), hipSuccess);
  EXPECT_EQ(hipMemAddressFree(base, 2 * granule), hipSuccess);
}

TEST_F(RuntimeTest, CountsWhatItWasAskedFor) {
  const auto count =
      reinterpret_cast<void (*)(Work*)>(dlsym(RTLD_DEFAULT, "mlacheck_interpreted_work"));
  ASSERT_NE(count, nullptr);
  Work before;
  count(&before);
  std::uint32_t* const memory = allocated(64);
  ASSERT_EQ(launch(memory, 0, 64), hipSuccess);
  static_cast<void>(downloaded(memory, 10));
  Work after;
  count(&after);
  EXPECT_EQ(after.launches - before.launches, 1U);
  EXPECT_EQ(after.allocations - before.allocations, 1U);
  EXPECT_EQ(after.bytes_filled - before.bytes_filled, 256U);
  EXPECT_EQ(after.bytes_copied - before.bytes_copied, 40U);
  EXPECT_EQ(after.synchronizations - before.synchronizations, 1U);
}

TEST_F(RuntimeTest, CodeForAnotherTargetIsNamed) {
  const Target other = target() == Target::gfx90a ? Target::gfx1030 : Target::gfx90a;
  const auto bundle =
      test::bundled({{"hipv4-amdgcn-amd-amdhsa--" + std::string(name_of(other)), file_}});
  hipModule_t module = nullptr;
  EXPECT_EQ(hipModuleLoadData(&module, bundle.data()), hipErrorNoBinaryForGpu);
  const std::string text = hipGetErrorString(hipErrorNoBinaryForGpu);
  EXPECT_NE(text.find(name_of(other)), std::string::npos) << text;
}

}  // namespace
}  // namespace mlacheck::amd
