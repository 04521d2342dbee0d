#include "harness/sweep/case_source.hpp"

#include "harness/subjects/bundled_cases.hpp"

namespace mlacheck {

CaseSource::CaseSource(const Row& row, std::uint64_t seed, const std::vector<Case>& listed)
    : model_(row.op->model),
      required_(listed.empty() ? required_cases(row.op_name()) : listed),
      tiles_(&row.tiles()),
      seed_(seed),
      stream_(stream_of(row.op_name())) {}

Case CaseSource::case_number(std::int64_t number) const {
  if (number < required()) return required_[static_cast<std::size_t>(number)];
  Random random(seed_, stream_ + static_cast<std::uint64_t>(number));
  return model_->generate(random, *tiles_);
}

}  // namespace mlacheck
