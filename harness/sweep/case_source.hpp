// The cases of a row by number.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/case/case.hpp"
#include "harness/sweep/row.hpp"

namespace mlacheck {

/// Required cases first, then drawn ones: the same for every variant and backend of an op. `listed`
/// stand in place of the required ones, if there are any.
class CaseSource {
 public:
  CaseSource(const Row& row, std::uint64_t seed, const std::vector<Case>& listed = {});
  std::int64_t required() const { return static_cast<std::int64_t>(required_.size()); }
  Case case_number(std::int64_t number) const;

 private:
  const OpModel* model_;
  std::vector<Case> required_;
  const std::vector<Tile>* tiles_;
  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace mlacheck
