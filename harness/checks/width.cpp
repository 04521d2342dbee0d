#include <algorithm>
#include <optional>

#include "harness/checks/units.hpp"
#include "harness/op/random.hpp"

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

// A distance in elements. One that is exact falls on the limit of a narrow type or next to it; the
// other lies past it and keeps the alignment of rows, and with it the path of kernels that load
// several elements at a time.
struct Distance {
  std::int64_t elements;
  bool exact;
};

// Of `stride` on an axis of `steps` + 1 indices.
std::int64_t aligned_stride(std::int64_t stride, std::int64_t steps, std::int64_t elements) {
  constexpr std::int64_t kAlignment = 64;
  const std::int64_t wanted =
      ((elements + steps - 1) / steps + kAlignment - 1) / kAlignment * kAlignment;
  return wanted + stride % kAlignment;
}

// If it can be, the last element of all lies at the distance from the first one: that is what a
// host routine looks at which chooses narrow offsets. Else the second index of the axis does.
std::int64_t exact_stride(const Layout& layout, std::size_t axis, std::int64_t elements) {
  constexpr std::int64_t kFarthest = std::int64_t{1} << 36;  // in elements
  std::int64_t rest = 0;
  for (std::size_t a = 0; a < layout.shape.size(); ++a) {
    if (a != axis) rest += (layout.shape[a] - 1) * layout.stride[a];
  }
  const std::int64_t steps = layout.shape[axis] - 1;
  const bool far = steps > kFarthest / elements;
  return far || (elements - rest) % steps == 0 ? (elements - rest) / steps : elements;
}

// `layout` with the indices of `axis` that far apart.
Layout stretched(const Layout& layout, std::size_t axis, const Distance& distance) {
  std::vector<std::int64_t> stride = layout.stride;
  stride[axis] = distance.exact
                     ? exact_stride(layout, axis, distance.elements)
                     : aligned_stride(stride[axis], layout.shape[axis] - 1, distance.elements);
  return Layout::strided(layout.shape, std::move(stride), layout.offset);
}

void try_distance(Session& session, const Axis& axis, const Distance& distance) {
  const Problem& problem = session.problem();
  Problem wide = problem;
  Operand& operand = wide.operands[axis.operand];
  operand.layout = stretched(operand.layout, axis.axis, distance);
  std::string why = session.model().term_on_strides(operand.name);
  if (why.empty()) why = session.model().outside_domain(wide);
  if (!why.empty()) {
    session.leave_out(Check::width, "outside the domain: " + why);
    return;
  }
  RunOptions options = RunOptions::poisoned(Poison::ones);
  options.placement = Placement::sparse;
  Run run = session.execute(wide, options);
  if (!run.harness_error.empty()) {
    session.leave_out(Check::width, session.backend().sparse_unavailable());
    return;
  }
  const std::string which = operand.name + " with stride " +
                            std::to_string(operand.layout.stride[axis.axis]) + " on axis " +
                            std::to_string(axis.axis);
  if (!session.accept(run, which, Check::width)) return;
  session.carried_out(Check::width);
  session.compare_runs(Check::width, *session.first(), "narrow offsets", run, which);
}

// 2^31 and 2^32, in elements, and in bytes, where a narrow type wraps earlier. Each of them some way
// past the limit, and exactly one below it, at it and one above it.
constexpr std::int64_t kDistances = 16;
constexpr std::int64_t kPast = 4;  // the first ones

Distance distance_of(DType dtype, std::int64_t which) {
  const std::int64_t limit = std::int64_t{1} << (which % 2 == 0 ? 31 : 32);
  const std::int64_t unit = which % 4 < 2 ? 1 : static_cast<std::int64_t>(size_of(dtype));
  if (which < kPast) return {(limit + 192) / unit, false};
  return {limit / unit + which / 4 - 2, true};
}

// Choice: position of the operand in the problem times kDistances, plus the distance.
std::vector<Choice> all_choices(const std::vector<Axis>& axes) {
  std::vector<Choice> choices;
  for (const Axis& axis : axes) {
    for (std::int64_t which = 0; which < kDistances; ++which) {
      choices.push_back(
          {Check::width, static_cast<std::int64_t>(axis.operand) * kDistances + which});
    }
  }
  return choices;
}

// Those that findings have named, or else one for the case's turn; all where that is asked for.
std::vector<Choice> wanted_choices(const Session& session, const std::vector<Axis>& axes) {
  const std::vector<Choice> all = all_choices(axes);
  std::vector<Choice> wanted;
  for (const Choice& choice : session.options().choices) {
    if (std::find(all.begin(), all.end(), choice) != all.end()) wanted.push_back(choice);
  }
  const bool named = std::any_of(session.options().choices.begin(), session.options().choices.end(),
                                 [](const Choice& c) { return c.check == Check::width; });
  if (session.options().thorough) {
    for (const Choice& choice : all) {
      if (std::find(wanted.begin(), wanted.end(), choice) == wanted.end()) wanted.push_back(choice);
    }
  } else if (!named) {
    // Three of them: a case has up to a hundred, most of which a defect does not touch.
    const auto turn = static_cast<std::uint64_t>(session.options().turn);
    for (std::uint64_t i = 0; i < 3; ++i) {
      const Axis& axis = axes[random_bits(turn, 13, i) % axes.size()];
      const auto which = static_cast<std::int64_t>(random_bits(turn, 14, i) >> 1);
      const std::int64_t distance = i < 2 ? which % kPast : kPast + which % (kDistances - kPast);
      wanted.push_back(
          {Check::width, static_cast<std::int64_t>(axis.operand) * kDistances + distance});
    }
  }
  return wanted;
}

}  // namespace

void check_width(Session& session) {
  const std::vector<Axis> axes = stretchable(session.problem());
  if (axes.empty() || session.subject().agreement == Agreement::within_bound) return;
  if (std::byte* const probe =
          session.backend().allocate_sparse(std::size_t{1} << 33, {}, "probe")) {
    session.backend().free_sparse(probe);
  } else {
    session.leave_out(Check::width, session.backend().sparse_unavailable());
    return;
  }
  for (const Choice& choice : wanted_choices(session, axes)) {
    const auto operand = static_cast<std::size_t>(choice.number / kDistances);
    const auto axis =
        std::find_if(axes.begin(), axes.end(), [&](const Axis& a) { return a.operand == operand; });
    const DType dtype = session.problem().operands[operand].dtype;
    session.attempt(choice, "address width");
    const std::size_t before = session.evidence().findings.size();
    try_distance(session, *axis, distance_of(dtype, choice.number % kDistances));
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
