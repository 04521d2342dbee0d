// Checks that the environment turns on. Each test is a process of its own.
#include <gtest/gtest.h>
#include <hip/hip_runtime_api.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/harness/amd/support/assembled.hpp"

namespace mlacheck::amd {
namespace {

Target target() {
  const char* const name = std::getenv("MLACHECK_INTERPRETED_TARGET");
  return name == nullptr ? Target::gfx90a : target_named(name).value();
}

// Launches a wave of a kernel that stores v1 to what its one argument points to.
hipError_t launch(const std::string& code) {
  test::KernelText text;
  text.code = "s_load_dwordx2 s[4:5], s[0:1], 0x0\nv_lshlrev_b32_e32 v2, 2, v0\n" + code +
              "\nglobal_store_dword v2, v1, s[4:5]\ns_endpgm";
  text.descriptor = ".amdhsa_user_sgpr_kernarg_segment_ptr 1\n.amdhsa_system_sgpr_workgroup_id_x 0";
  text.arguments =
      "[ { .offset: 0, .size: 8, .value_kind: global_buffer, .address_space: global } ]";
  text.kernarg_bytes = 8;
  const std::vector<std::byte> file = test::assembled(target(), text);
  hipModule_t module = nullptr;
  if (const auto error = hipModuleLoadData(&module, file.data()); error != hipSuccess) return error;
  hipFunction_t function = nullptr;
  if (hipModuleGetFunction(&function, module, "probe") != hipSuccess) return hipErrorNotFound;
  void* memory = nullptr;
  if (hipMalloc(&memory, 256) != hipSuccess) return hipErrorOutOfMemory;
  void* arguments[] = {&memory};
  const auto error =
      hipModuleLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, nullptr, arguments, nullptr);
  return error == hipSuccess ? hipDeviceSynchronize() : error;
}

// In a process of its own, which ends with 0 where the launch ended as expected.
void expect(const char* checks, const std::string& code, hipError_t wanted, const char* text) {
  EXPECT_EXIT(
      {
        setenv("MLACHECK_INTERPRETED_CHECKS", checks, 1);
        std::exit(launch(code) == wanted ? 0 : 1);
      },
      testing::ExitedWithCode(0), text);
}

const std::string kWait = "s_waitcnt lgkmcnt(0)";
const std::string kDefined = "v_mov_b32_e32 v1, 7\n";

TEST(RuntimeChecks, FindWhatTheyAreAskedFor) {
  expect("waits", kDefined, hipErrorLaunchFailure, "register s4 is read while 's_load_dwordx2");
  expect("undefined", kWait, hipErrorLaunchFailure, "a value stored to memory depends on");
  expect("all", kWait, hipErrorLaunchFailure, "a value stored to memory depends on");
  expect("all", kDefined + kWait, hipSuccess, "");
}

TEST(RuntimeChecks, AreOffOtherwise) {
  expect("none", kDefined, hipSuccess, "");
  expect("races,hazards", "", hipSuccess, "");
}

TEST(RuntimeChecks, AMisspeltNameIsRefused) {
  EXPECT_EXIT(
      {
        setenv("MLACHECK_INTERPRETED_CHECKS", "wait", 1);
        int count = 0;
        const auto error = hipGetDeviceCount(&count);
        std::fprintf(stderr, "%s\n", hipGetErrorString(error));
        std::exit(error == hipSuccess ? 1 : 0);
      },
      testing::ExitedWithCode(0), "MLACHECK_INTERPRETED_CHECKS is 'wait': expected none, all, or");
}

}  // namespace
}  // namespace mlacheck::amd
