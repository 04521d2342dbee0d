// From the text of a sanitizer to a finding: one line with the kind, the place and the GPU thread.
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/backends/cpu/sanitizers/report_capture.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/backends/cpu/sanitizers/source_path.hpp"
#include "tests/executor/support.hpp"

namespace mlacheck::executor_test {
namespace {

TEST(Reports, AddressSanitizer) {
  const auto reports = cpu::summarize_reports(
      "=====\n\n@kernel k, block (1,0,0), thread (2,0,0)\n"
      "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x10 at pc 0x1 bp 0x2 sp 0x3\n"
      "WRITE of size 4 at 0x10 thread T0\n"
      "    #0 0x55 in atomicAdd(int*, int) harness/device/cpu/atomic.h:90:1\n"
      "    #1 0x56 in K::kernel(P const&) kernels/k/k.kernel.h:12:5\n"
      "    #2 0x57 in caller kernels/k/k.host.h:1:1\n\n"
      "0x10 is located 0 bytes after 256-byte region [0x1,0x10)\n"
      "allocated by thread T0 here:\n"
      "    #0 0x58 in malloc (binary+0x1)\n"
      "    #1 0x59 in allocate kernels/k/other.h:3:3\n\n");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0],
            "asan: heap-buffer-overflow: WRITE of size 4 at 0x10 thread T0 at K::kernel(P const&) "
            "kernels/k/k.kernel.h:12:5: 0x10 is located 0 bytes after 256-byte region [0x1,0x10) "
            "(kernel k, block (1,0,0), thread (2,0,0))");
}

TEST(Reports, MemorySanitizer) {
  const auto reports = cpu::summarize_reports(
      "\n@kernel k, block (0,0,0), thread (2,0,0)\n"
      "==7==WARNING: MemorySanitizer: use-of-uninitialized-value\n"
      "    #0 0x55 in K::kernel(P const&) kernels/k/k.kernel.h:12:5 (BuildId: ab)\n");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0],
            "msan: use-of-uninitialized-value at K::kernel(P const&) kernels/k/k.kernel.h:12:5 "
            "(kernel k, block (0,0,0), thread (2,0,0))");
}

TEST(Reports, ThreadSanitizerNamesBothPlacesAndThreads) {
  const auto reports = cpu::summarize_reports(
      "==================\n\n@kernel k, block (0,0,0), thread (2,0,0)\n"
      "WARNING: ThreadSanitizer: data race (pid=7)\n"
      "  Read of size 4 at 0x10 by thread T9:\n"
      "    #0 K::kernel(P const&) kernels/k/k.kernel.h:12:5 (binary+0x1) (BuildId: ab)\n\n"
      "  Previous write of size 4 at 0x10 by thread T98:\n"
      "    #0 K::kernel(P const&) kernels/k/k.kernel.h:11:5 (binary+0x2) (BuildId: ab)\n\n"
      "  Thread T9 'thread (2,0,0) of block (0,0,0)' (tid=0, running) created by main thread at:\n"
      "    #0 make_fiber race_model.cpp:39:2 (binary+0x3)\n\n"
      "  Thread T98 'thread (1,0,0) of block (0,0,0)' (tid=0, running) created by main thread at:\n"
      "    #0 make_fiber race_model.cpp:39:2 (binary+0x3)\n\n");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0],
            "tsan: data race: Read of size 4 at 0x10 by thread (2,0,0) of block "
            "(0,0,0) at K::kernel(P const&) kernels/k/k.kernel.h:12:5: Previous write of size 4 "
            "at 0x10 by thread (1,0,0) of block (0,0,0) at K::kernel(P const&) "
            "kernels/k/k.kernel.h:11:5 (kernel k, block (0,0,0), thread (2,0,0))");
}

TEST(Reports, SeveralToolsInOneText) {
  const auto reports = cpu::summarize_reports(
      "noise\n\n@kernel k, block (0,0,0), thread (0,0,0)\n"
      "kernels/k/k.kernel.h:3:9: runtime error: signed integer overflow: 1 + 2\n"
      "\n@host\n==7==ERROR: AddressSanitizer: use-after-poison on address 0x1\n");
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0],
            "ubsan: signed integer overflow: 1 + 2 at kernels/k/k.kernel.h:3:9 (kernel k, block "
            "(0,0,0), thread (0,0,0))");
  EXPECT_EQ(reports[1], "asan: use-after-poison (host)");
}

TEST(Reports, SourcePathsAreRelativeToTheRoot) {
  EXPECT_EQ(cpu::source_path("kernels/k/k.kernel.h:1:2"), "kernels/k/k.kernel.h:1:2");
  EXPECT_EQ(cpu::source_path("../../kernels/k.h"), "kernels/k.h");
  const std::string here = __FILE__;
  EXPECT_EQ(cpu::source_path(here), "tests/executor/report_test.cpp");
  EXPECT_EQ(cpu::source_path("/usr/include/../lib/x.h"), "/usr/lib/x.h");
}

TEST(Reports, NothingIsNothing) {
  EXPECT_TRUE(cpu::summarize_reports("").empty());
  EXPECT_TRUE(cpu::summarize_reports("@host\n").empty());
  EXPECT_TRUE(cpu::drain_sanitizer_reports().empty());
}

// A program that ends with reports nobody looked at must not look like a success.
TEST(ReportsDeathTest, UndrainedReportsFailTheProgram) {
  if (!cpu::is_sanitized()) GTEST_SKIP() << "no sanitizer in this build";
  const auto plant = [] {
    const NamedKernel* entry = kernels_w32();
    const auto start = [&](const std::string& name, const Params& p) {
      const NamedKernel* kernel = entry;
      while (name != kernel->name) ++kernel;
      Context context;
      static_cast<void>(kernel->launch(context, {2, 1, 1}, {64, 1, 1}, 0, p));
    };
    std::vector<float> data(128);
    int word = 0;
    Params p;
    p.in = data.data();
    p.out = data.data();
    p.counters = &word;
    p.n = cpu::is_asan() ? 64 : 3;
    p.reader = 1;
    if (cpu::is_asan()) start("shared_overrun", p);
    if (cpu::is_msan()) start("shared_uninitialized_branch", p);
    if (cpu::is_tsan_intra()) start("shared_race", p);
    if (cpu::is_tsan_inter()) start("block_race", p);
    std::exit(0);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(plant(), testing::ExitedWithCode(86), "sanitizer reports nobody looked at");
}

}  // namespace
}  // namespace mlacheck::executor_test
