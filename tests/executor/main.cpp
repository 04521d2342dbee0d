// GoogleTest's main, with an exit code of its own for a run in which every test was skipped: ctest
// must show that as skipped, and a run without tests as an error.
#include <gtest/gtest.h>

#include <cstdio>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  if (all.test_to_run_count() == 0) {
    std::fprintf(stderr, "no test matches the filter\n");
    return 1;
  }
  constexpr int kSkipped = 77;
  return failed == 0 && all.skipped_test_count() == all.test_to_run_count() ? kSkipped : failed;
}
