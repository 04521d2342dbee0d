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

void try_distance(Session& session, const Axis& axis, std::int64_t elements) {
  const Problem& problem = session.problem();
  Problem wide = problem;
  Operand& operand = wide.operands[axis.operand];
  operand.layout = stretched(operand.layout, axis.axis, elements);
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

// Distances between the first and the last index, in elements: past 2^31 and 2^32 in elements, and
// in bytes, where a narrow type wraps earlier.
constexpr std::int64_t kDistances = 4;

std::int64_t distance(DType dtype, std::int64_t which) {
  const std::int64_t limit = (std::int64_t{1} << (which % 2 == 0 ? 31 : 32)) + 192;
  return which < 2 ? limit : limit / static_cast<std::int64_t>(size_of(dtype));
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
    // Two of them: a case has up to forty, most of which a defect does not touch.
    for (std::uint64_t i = 0; i < 2; ++i) {
      const auto turn = static_cast<std::uint64_t>(session.options().turn);
      wanted.push_back(all[random_bits(turn, 13, i) % all.size()]);
    }
  }
  return wanted;
}

}  // namespace

void check_width(Session& session) {
  const std::vector<Axis> axes = stretchable(session.problem());
  if (axes.empty() || session.subject().agreement == Agreement::within_bound) return;
  if (std::byte* const probe = session.backend().allocate_sparse(std::size_t{1} << 33, {})) {
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
    session.set_choice(choice);
    const std::size_t before = session.evidence().findings.size();
    try_distance(session, *axis, distance(dtype, choice.number % kDistances));
    session.set_choice(std::nullopt);
    if (session.lost() || session.satisfied(before)) return;
  }
}

}  // namespace mlacheck
