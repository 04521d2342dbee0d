// What a run of rows among many is made of: blocks by their number, and memory that tells its pages.
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <vector>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/backends/cpu/executor.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/device/cpu/launch_plan.h"
#include "harness/device/cpu/runtime.h"
#include "harness/execute/plain_context.hpp"

namespace mlacheck {
namespace {

using Blocks = std::vector<std::uint64_t>;

struct Params {
  std::vector<Blocks>* ran;
  unsigned launch;
};

void note(const void* params) {
  const auto* const p = static_cast<const Params*>(params);
  const auto block = cpu::block_index();
  const auto grid = cpu::grid_extent();
  (*p->ran)[p->launch].push_back(block.x + std::uint64_t{grid.x} * (block.y + grid.y * block.z));
}

// Two launches that note the blocks that run, recorded.
class Recorded {
 public:
  explicit Recorded(Backend& backend) {
    EXPECT_TRUE(backend.begin_capture().ok());
    launch(0, {4, 3, 2});
    launch(1, {1U << 30U});
    EXPECT_TRUE(backend.end_capture().ok());
  }

  std::vector<Blocks> ran{2};

 private:
  void launch(unsigned number, Dim3 grid) {
    const Params params{&ran, number};
    EXPECT_TRUE(cpu::launch_grid({.record = {"note", grid, {1, 1, 1}, 0},
                                  .warp_width = 32,
                                  .thread_main = &note,
                                  .params = &params,
                                  .params_bytes = sizeof params},
                                 context_)
                    .ok());
  }

  PlainContext context_;
};

TEST(ReplayBlocks, RunsThoseOfTheListsAlone) {
  const auto backend = make_cpu_backend(32);
  Recorded recorded(*backend);
  const std::vector<Blocks> wanted{{0, 5, 23}, {7, (1U << 30U) - 1}};
  ASSERT_TRUE(backend->replay_blocks(wanted).ok());
  EXPECT_EQ(recorded.ran, wanted);
}

TEST(ReplayBlocks, RunsNothingOfAnEmptyList) {
  const auto backend = make_cpu_backend(32);
  Recorded recorded(*backend);
  ASSERT_TRUE(backend->replay_blocks({{}, {1}}).ok());
  EXPECT_EQ(recorded.ran, (std::vector<Blocks>{{}, {1}}));
}

TEST(ReplayBlocks, RefusesWhatIsNoBlock) {
  const auto backend = make_cpu_backend(32);
  const Recorded recorded(*backend);
  EXPECT_THROW(static_cast<void>(backend->replay_blocks({{0}})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(backend->replay_blocks({{24}, {}})), std::invalid_argument);
}

TEST(SpreadMemory, TellsTheTouchedPages) {
  if (cpu::is_msan() || cpu::is_tsan()) GTEST_SKIP() << "a shadow is kept of every address";
  const auto backend = make_cpu_backend(32);
  constexpr std::size_t kBytes = std::size_t{1} << 40;
  std::byte* const memory = backend->allocate_spread(kBytes, {}, "wide");
  ASSERT_NE(memory, nullptr);
  const auto fresh = backend->touched_pages(memory);
  if (!fresh) {
    backend->free_sparse(memory);
    GTEST_SKIP() << "this system keeps no account of pages";
  }
  EXPECT_TRUE(fresh->empty());
  memory[kBytes - 1] = std::byte{1};
  memory[std::size_t{1} << 33] = std::byte{1};
  const auto touched = backend->touched_pages(memory);
  ASSERT_TRUE(touched);
  ASSERT_EQ(touched->size(), 2U);
  EXPECT_EQ((*touched)[0].offset, std::size_t{1} << 33);
  EXPECT_EQ((*touched)[1].offset + (*touched)[1].length, kBytes);
  backend->free_sparse(memory);
}

}  // namespace
}  // namespace mlacheck
