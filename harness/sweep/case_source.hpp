// The cases of a row by number.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {

/// Required cases first, then drawn ones: the same for every variant and backend of an op. `listed`
/// stand in place of the required ones, if there are any. A row with a domain gets the case inside that
/// is nearest, where there is one. `row` must outlive the source.
class CaseSource {
 public:
  CaseSource(const Row& row, std::uint64_t seed, const std::vector<Case>& listed = {});
  std::int64_t required() const { return static_cast<std::int64_t>(wanted_.size()); }
  Case case_number(std::int64_t number) const;

  /// What the case would be without a domain.
  Case before_domain(std::int64_t number) const;

 private:
  Case drawn(const OpModel& model, std::int64_t number) const;

  const Row* row_;
  std::vector<Case> wanted_;
  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace mlacheck
