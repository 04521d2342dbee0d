// The dialect on HIP. The ops use a part of it; an error in any other would wait for the next op.
#include <gtest/gtest.h>
#include <hip/hip_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "tests/dialect/kernels.hpp"
#include "tests/executor/collectives.hpp"

namespace mlacheck::dialect_test {
namespace {

using executor_test::Params;

/// Device memory; gone with its owner.
template <class T>
class Buffer {
 public:
  explicit Buffer(const std::vector<T>& values) : count_(values.size()) {
    EXPECT_EQ(hipMalloc(&memory_, bytes()), hipSuccess);
    EXPECT_EQ(hipMemcpy(memory_, values.data(), bytes(), hipMemcpyHostToDevice), hipSuccess);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { static_cast<void>(hipFree(memory_)); }

  T* get() const { return static_cast<T*>(memory_); }
  std::vector<T> values() const {
    std::vector<T> read(count_);
    EXPECT_EQ(hipMemcpy(read.data(), memory_, bytes(), hipMemcpyDeviceToHost), hipSuccess);
    return read;
  }

 private:
  std::size_t bytes() const { return count_ * sizeof(T); }

  void* memory_ = nullptr;
  std::size_t count_ = 0;
};

class Context final : public LaunchContext {
 public:
  Tensor allocate(std::string_view, DType, std::span<const std::int64_t>) override { return {}; }
  void release(const Tensor&) override {}
  void* stream() const override { return nullptr; }
  Status record(const LaunchRecord& launch) override {
    blocks = launch.grid.count();
    return {};
  }
  unsigned long long* receipt_counter() const override { return receipt.get(); }

  std::uint64_t blocks = 0;
  Buffer<unsigned long long> receipt{{0}};
};

const executor_test::NamedKernel& named(std::string_view name) {
  const executor_test::NamedKernel* kernel = kernels();
  while (kernel->name != name) ++kernel;
  return *kernel;
}

void run(std::string_view name, Dim3 grid, Dim3 block, const Params& params,
         std::size_t dynamic_shared_bytes = 0) {
  Context context;
  const Status status = named(name).launch(context, grid, block, dynamic_shared_bytes, params);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(hipDeviceSynchronize(), hipSuccess) << hipGetErrorString(hipGetLastError());
  EXPECT_EQ(context.blocks, grid.count());
  EXPECT_EQ(context.receipt.values()[0], grid.count());
}

int warp_width() {
  hipDeviceProp_t properties{};
  EXPECT_EQ(hipGetDeviceProperties(&properties, 0), hipSuccess);
  return properties.warpSize;
}

// Small whole numbers: their sums are exact in any order.
std::vector<float> numbers(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 7 % 31);
  return values;
}

constexpr Dim3 kGrid{3, 1, 1};
constexpr unsigned kThreads = 256;
constexpr std::int64_t kCount = 3 * kThreads - 9;  // the last block has fewer elements

std::vector<float> sums_of_blocks(const std::vector<float>& in) {
  std::vector<float> sums;
  for (std::size_t first = 0; first < in.size(); first += kThreads) {
    const auto begin = in.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end =
        in.begin() + static_cast<std::ptrdiff_t>(std::min(first + kThreads, in.size()));
    sums.push_back(std::accumulate(begin, end, 0.0f));
  }
  return sums;
}

TEST(HipDialect, EveryCollective) {
  const int width = warp_width();
  std::vector<float> in(128);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(1000 + 3 * i);
  const Buffer<float> from(in);
  const Buffer<float> to(std::vector<float>(in.size() * executor_test::kCollectiveResults, -7.0f));
  run("collectives", {1, 1, 1}, {128, 1, 1}, {.in = from.get(), .out = to.get()});
  const std::vector<float> got = to.values();
  for (int thread = 0; thread < 128; ++thread) {
    const auto expected = executor_test::expected_collectives(in, thread, width);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(got[expected.size() * static_cast<std::size_t>(thread) + i], expected[i])
          << "thread " << thread << ", result " << i;
    }
  }
}

TEST(HipDialect, IndicesOfEveryThread) {
  constexpr Dim3 kBlocks{3, 2, 2};
  constexpr Dim3 kBlock{5, 3, 4};
  const Buffer<float> to(std::vector<float>(12 * kBlocks.count() * kBlock.count(), -1.0f));
  run("write_indices", kBlocks, kBlock, {.out = to.get()});
  const std::vector<float> got = to.values();
  std::vector<float> expected;
  for (unsigned b = 0; b < kBlocks.count(); ++b) {
    for (unsigned t = 0; t < kBlock.count(); ++t) {
      for (const unsigned value :
           {t % kBlock.x, t / kBlock.x % kBlock.y, t / kBlock.x / kBlock.y, b % kBlocks.x,
            b / kBlocks.x % kBlocks.y, b / kBlocks.x / kBlocks.y, kBlock.x, kBlock.y, kBlock.z,
            kBlocks.x, kBlocks.y, kBlocks.z}) {
        expected.push_back(static_cast<float>(value));
      }
    }
  }
  EXPECT_EQ(got, expected);
}

TEST(HipDialect, ReductionsByMemoryAndByShuffles) {
  const std::vector<float> in = numbers(kCount);
  const Buffer<float> from(in);
  for (const char* const name : {"tree_reduction", "warp_reduction"}) {
    const Buffer<float> to(std::vector<float>(3, -1.0f));
    run(name, kGrid, {kThreads, 1, 1}, {.in = from.get(), .out = to.get(), .n = kCount});
    EXPECT_EQ(to.values(), sums_of_blocks(in)) << name;
  }
}

TEST(HipDialect, LastBlockSeesTheOthers) {
  const std::vector<float> in = numbers(kCount);
  const Buffer<float> from(in);
  const Buffer<float> to(std::vector<float>(4, -1.0f));
  const Buffer<int> done({0});
  run("last_block_reduction", kGrid, {kThreads, 1, 1},
      {.in = from.get(), .out = to.get(), .counters = done.get(), .n = kCount});
  std::vector<float> expected = sums_of_blocks(in);
  expected.push_back(std::accumulate(expected.begin(), expected.end(), 0.0f));
  EXPECT_EQ(to.values(), expected);
}

TEST(HipDialect, ScanAndHistogram) {
  const std::vector<float> in = numbers(kCount);
  const Buffer<float> from(in);
  const Buffer<float> to(in);
  run("scan", kGrid, {kThreads, 1, 1}, {.in = from.get(), .out = to.get(), .n = kCount});
  std::vector<float> expected;
  std::vector<int> counts(16, 0);
  for (std::size_t i = 0; i < in.size(); ++i) {
    expected.push_back(in[i] + (i % kThreads == 0 ? 0.0f : expected[i - 1]));
    ++counts[static_cast<std::size_t>(in[i]) % 16];
  }
  EXPECT_EQ(to.values(), expected);

  const Buffer<int> bins(std::vector<int>(16, 0));
  run("histogram", kGrid, {kThreads, 1, 1},
      {.in = from.get(), .counters = bins.get(), .n = kCount});
  EXPECT_EQ(bins.values(), counts);
}

// Its last wave has lanes without a thread, of each width of waves.
TEST(HipDialect, BlockThatDoesNotFillItsWaves) {
  for (const unsigned threads : {1U, 40U, 100U}) {
    const Buffer<float> from(numbers(threads));
    const Buffer<int> bins(std::vector<int>(16, 0));
    run("histogram", {1, 1, 1}, {threads, 1, 1},
        {.in = from.get(), .counters = bins.get(), .n = threads});
    const std::vector<int> got = bins.values();
    EXPECT_EQ(std::accumulate(got.begin(), got.end(), 0), static_cast<int>(threads));
  }
}

TEST(HipDialect, SharedMemoryStaticAndDynamic) {
  const std::vector<float> in = numbers(48 * 48);
  const Buffer<float> from(in);
  const Buffer<float> to(std::vector<float>(in.size(), -1.0f));
  run("transpose", {3, 3, 1}, {16, 8, 1}, {.in = from.get(), .out = to.get(), .n = 48});
  std::vector<float> transposed(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) transposed[i % 48 * 48 + i / 48] = in[i];
  EXPECT_EQ(to.values(), transposed);

  run("dynamic_reverse", {9, 1, 1}, {kThreads, 1, 1}, {.in = from.get(), .out = to.get()},
      kThreads * sizeof(float));
  std::vector<float> reversed = in;
  for (auto first = reversed.begin(); first != reversed.end(); first += kThreads) {
    std::reverse(first, first + kThreads);
  }
  EXPECT_EQ(to.values(), reversed);
}

// 100 KiB are within the limits that all backends share, and more than HIP's devices have.
TEST(HipDialect, RefusedLaunchIsReported) {
  Context context;
  const Buffer<float> data(numbers(64));
  const Params params{.in = data.get(), .out = data.get()};
  const Status status =
      named("dynamic_reverse").launch(context, {1, 1, 1}, {64, 1, 1}, 100 << 10, params);
  EXPECT_EQ(status.code(), StatusCode::launch_failed);
  EXPECT_NE(status.message().find("dynamic_reverse: launch: hipError"), std::string::npos)
      << status.message();
  EXPECT_EQ(data.values(), numbers(64));
}

// Even steps turn whole warps, odd ones their halves, each apart.
TEST(HipDialect, WarpBarriers) {
  constexpr int kSteps = 5;
  std::vector<float> expected = numbers(kThreads);
  const Buffer<float> from(expected);
  const Buffer<float> to(std::vector<float>(kThreads, -1.0f));
  run("warp_rotation", {1, 1, 1}, {kThreads, 1, 1},
      {.in = from.get(), .out = to.get(), .n = kThreads, .phases = kSteps});
  for (int step = 0; step < kSteps; ++step) {
    const int group = step % 2 == 0 ? warp_width() : warp_width() / 2;
    for (auto first = expected.begin(); first != expected.end(); first += group) {
      std::rotate(first, first + 1, first + group);
    }
  }
  EXPECT_EQ(to.values(), expected);
}

}  // namespace
}  // namespace mlacheck::dialect_test

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  int devices = 0;
  if (hipGetDeviceCount(&devices) != hipSuccess || devices == 0) {
    std::puts("skipped: no HIP device");
    return 77;
  }
  return RUN_ALL_TESTS();
}
