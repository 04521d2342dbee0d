// A call whose launch is the largest that a device takes is carried out, and one that needs a block
// more is refused. Nothing runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "harness/backends/cpu/backend_cpu.hpp"
#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/case/extents.hpp"
#include "harness/checks/dry_run.hpp"
#include "harness/checks/extrapolate.hpp"
#include "harness/device/launch_limits.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/subjects/subjects.hpp"

namespace mlacheck {
namespace {

// A block of 128 threads for each unit of the extent, in one of the launches.
struct Limit {
  const char* line;
  const char* extent;
  const char* variant;
};

const Limit kLimits[]{
    {"strided_bmm(T=1,H=1,latent=1,V=128)", "T", "copy"},
    {"merge_states(T=1,H=1,V=128)", "T", "scalar"},
    {"prefill_context(requests=[1:0],H=1,latent=1,nope=1,rope=1,V=1)", "requests[0]", "fresh"},
};

Extent extent_of(const Schema& schema, const std::string& name) {
  const std::vector<Extent> all = extents_of(schema);
  return *std::ranges::find(all, name, &Extent::name);
}

TEST(LargestGrid, IsTakenAndNoLarger) {
  if (cpu::is_msan() || cpu::is_tsan()) GTEST_SKIP() << "a shadow is kept of every address";
  constexpr auto kMost = static_cast<std::int64_t>(kMaxGridX);
  const auto backend = make_cpu_backend(32);
  for (const Limit& limit : kLimits) {
    SCOPED_TRACE(limit.line);
    const Case base = std::get<Case>(parse_case(limit.line, all_schemas()));
    const OpModel& model = *find_op(base.op())->model;
    const Extent extent = extent_of(model.schema(), limit.extent);
    const auto problem =
        extrapolate([&](std::int64_t size, std::int64_t) -> std::optional<Problem> {
          Case c = base;
          set_extent(c, extent, size);
          return model.materialise(c, limit.variant);
        });
    ASSERT_TRUE(problem);
    const Subject& subject = *find_subject(base.op(), "cpu.w32", limit.variant);
    const DryRun largest = dry_run(subject, problem->at(kMost, 1), *backend);
    EXPECT_EQ(largest.status.code(), StatusCode::ok) << largest.status.message();
    EXPECT_TRUE(std::ranges::any_of(
        largest.launches, [](const LaunchRecord& launch) { return launch.grid.x == kMaxGridX; }));
    const DryRun larger = dry_run(subject, problem->at(kMost + 1, 1), *backend);
    EXPECT_EQ(larger.status.code(), StatusCode::invalid_argument);
  }
}

}  // namespace
}  // namespace mlacheck
