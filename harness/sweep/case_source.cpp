#include "harness/sweep/case_source.hpp"

#include "harness/subjects/bundled_cases.hpp"

namespace mlacheck {

CaseSource::CaseSource(const Row& row, std::uint64_t seed, const std::vector<Case>& listed)
    : row_(&row),
      wanted_(listed.empty() ? required_cases(row.op_name()) : listed),
      seed_(seed),
      stream_(stream_of(row.op_name())) {}

Case CaseSource::case_number(std::int64_t number) const {
  if (number < required()) {
    const Case& c = wanted_[static_cast<std::size_t>(number)];
    return row_->model().nearest_claimed(c);
  }
  return drawn(row_->model(), number);
}

Case CaseSource::before_domain(std::int64_t number) const {
  return number < required() ? wanted_[static_cast<std::size_t>(number)]
                             : drawn(*row_->op->model, number);
}

Case CaseSource::drawn(const OpModel& model, std::int64_t number) const {
  Random random(seed_, stream_ + static_cast<std::uint64_t>(number));
  return model.generate(random, row_->tiles());
}

}  // namespace mlacheck
