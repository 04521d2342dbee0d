#include "tests/equivalences/part_run.hpp"

#include <stdexcept>

namespace mlacheck::equivalences {
namespace {

// Cases with more elements show nothing here that small ones do not.
constexpr std::int64_t kLargest = 8000;

}  // namespace

Backend& PartRun::backend() {
  if (backends_ == nullptr) {
    backends_ = std::make_shared<const std::vector<std::unique_ptr<Backend>>>(make_backends());
  }
  return backend_named(*backends_, row_.backend);
}

std::string PartRun::reason_to_skip() { return mlacheck::reason_to_skip(row_, backend()); }

std::string PartRun::failure_of(const Case& drawn) {
  Case c = drawn;
  Random random(stream_of(drawn.line()), 11);
  part_.fit(c, random);
  const std::string inadmissible = row_.model().inadmissible(c);
  if (!inadmissible.empty()) throw std::logic_error(c.line() + " does not fit: " + inadmissible);
  too_large_ = row_.model().materialise(c, row_.subject.contract_name()).elements() > kLargest;
  if (too_large_) return {};
  ++tried_.cases;
  try {
    Trial trial(*row_.op, row_.subject, backend(), c, tried_.compared);
    tried_.applied += part_.holds(trial) ? 1 : 0;
  } catch (const Broken& broken) {
    return "\n" + c.line() + "\n" + row_.subject.variant + " on " + row_.backend + ": " +
           broken.what();
  }
  return {};
}

std::vector<PartRun> runs_of(const Part& part, Selection selection) {
  selection.ops = {part.op};
  if (selection.variants.empty() && !part.variant.empty()) selection.variants = {part.variant};
  std::vector<PartRun> runs;
  for (const Row& row : select_rows(selection, make_backends())) runs.emplace_back(part, row);
  return runs;
}

}  // namespace mlacheck::equivalences
