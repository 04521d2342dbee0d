#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "harness/checks/units.hpp"

namespace mlacheck {
namespace {

struct Axis {
  std::size_t operand;
  std::size_t axis;
};

// The outermost axis in memory of each operand that has one to stretch: no contract fixes it.
std::vector<Axis> stretchable(const Problem& problem) {
  std::vector<Axis> result;
  for (std::size_t k = 0; k < problem.operands.size(); ++k) {
    const Layout& layout = problem.operands[k].layout;
    std::optional<std::size_t> best;
    for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
      if (layout.shape[axis] < 2 || layout.stride[axis] < 2) continue;
      if (!best || layout.stride[axis] > layout.stride[*best]) best = axis;
    }
    if (best && layout.elements() > 0) result.push_back({k, *best});
  }
  return result;
}

// `layout` with the last index of `axis` at least `elements` away from the first one.
Layout stretched(const Layout& layout, std::size_t axis, std::int64_t elements) {
  constexpr std::int64_t kAlignment = 64;
  std::vector<std::int64_t> stride = layout.stride;
  const std::int64_t steps = layout.shape[axis] - 1;
  const std::int64_t wanted =
      ((elements + steps - 1) / steps + kAlignment - 1) / kAlignment * kAlignment;
  // The alignment of rows stays what it was.
  stride[axis] = wanted + layout.stride[axis] % kAlignment;
  return Layout::strided(layout.shape, std::move(stride), layout.offset);
}

}  // namespace

void check_width(Session& session) {
  const Problem& problem = session.problem();
  const std::vector<Axis> axes = stretchable(problem);
  if (axes.empty() || session.subject().agreement == Agreement::within_bound) return;
  if (std::byte* const probe = session.backend().allocate_sparse(std::size_t{1} << 33, {})) {
    session.backend().free_sparse(probe);
  } else {
    return;  // the backend has no sparse memory
  }
  const std::size_t pick = std::hash<std::string>{}(session.the_case().line());
  const Axis axis = axes[pick % axes.size()];
  constexpr std::int64_t kBeyond31 = (std::int64_t{1} << 31) + 192;
  constexpr std::int64_t kBeyond32 = (std::int64_t{1} << 32) + 192;
  Problem wide = problem;
  Operand& operand = wide.operands[axis.operand];
  const auto width = static_cast<std::int64_t>(size_of(operand.dtype));
  // In bytes a narrow type wraps earlier than in elements.
  const std::array<std::int64_t, 4> distances{kBeyond31, kBeyond32, kBeyond31 / width,
                                              kBeyond32 / width};
  operand.layout =
      stretched(operand.layout, axis.axis, distances[(pick / axes.size()) % distances.size()]);
  RunOptions options = RunOptions::poisoned(Poison::ones);
  options.placement = Placement::sparse;
  Run run = session.execute(wide, options);
  const std::string which = operand.name + " with stride " +
                            std::to_string(operand.layout.stride[axis.axis]) + " on axis " +
                            std::to_string(axis.axis);
  if (!session.accept(run, which)) return;
  session.carried_out(Check::width);
  session.compare_runs(Check::width, problem, *session.first(), wide, run, "narrow offsets", which);
}

}  // namespace mlacheck
