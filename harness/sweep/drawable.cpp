#include "harness/sweep/drawable.hpp"

#include <sstream>
#include <stdexcept>
#include <string>

#include "harness/sweep/case_source.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

bool can_be_drawn(const Row& row, std::uint64_t seed) {
  constexpr std::int64_t kDrawn = 4;  // each is the best of a hundred attempts
  const CaseSource source(row, seed);
  for (std::int64_t number = 0; number < source.required() + kDrawn; ++number) {
    if (row.model().outside_domain(source.case_number(number)).empty()) return true;
  }
  return false;
}

}  // namespace

void check_drawable(const Row& row, std::uint64_t seed) {
  if (!row.claimed || can_be_drawn(row, seed)) return;
  Row part = row;
  part.subject.domain.clear();
  std::istringstream terms(row.domain);
  for (std::string term; terms >> term;) {
    const std::string before = part.subject.domain;
    part.subject.domain += (before.empty() ? "" : " ") + term;
    limit(part, "");
    if (can_be_drawn(part, seed)) continue;
    throw std::invalid_argument("variant '" + row.subject.variant + "' of op " + row.op_name() +
                                ": domain term '" + excerpt(term) +
                                "': no case could be drawn that meets it" +
                                (before.empty() ? "" : " and '" + excerpt(before, 200) + "'"));
  }
}

}  // namespace mlacheck
