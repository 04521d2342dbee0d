// Attention states in the second references (oracle_audit.hpp): the merge rule once more, from the
// contract alone, in any precision.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/oracle_audit.hpp"

namespace mlacheck::oracle_audit {

enum class From { prefix, suffix, nothing, nan, both };

inline From source_of(double prefix_lse, double suffix_lse) {
  if (std::isnan(prefix_lse) || std::isnan(suffix_lse)) return From::nan;
  const bool no_prefix = std::isinf(prefix_lse);
  const bool no_suffix = std::isinf(suffix_lse);
  if (no_prefix && no_suffix) return From::nothing;
  if (no_prefix) return From::suffix;
  return no_suffix ? From::prefix : From::both;
}

template <class Real>
struct State {
  Real out;
  Real lse;
};

// The formula of the contract, word for word, on a row whose two sides count.
template <class Real>
State<Real> blended(const State<Real>& prefix, const State<Real>& suffix) {
  const Real m = prefix.lse > suffix.lse ? prefix.lse : suffix.lse;
  const Real wp = exp(Real(prefix.lse - m));
  const Real ws = exp(Real(suffix.lse - m));
  const Real z = wp + ws;
  return {Real(prefix.out * Real(wp / z) + suffix.out * Real(ws / z)), Real(m + log(z))};
}

template <class Real>
State<Real> merged(const State<Real>& prefix, const State<Real>& suffix) {
  switch (source_of(static_cast<double>(prefix.lse), static_cast<double>(suffix.lse))) {
    case From::prefix:
      return prefix;
    case From::suffix:
      return suffix;
    case From::nothing:
      return {Real(0), Real(-kInf)};
    case From::nan:
      return {Real(std::nan("")), Real(std::nan(""))};
    case From::both:
      break;
  }
  return blended(prefix, suffix);
}

struct Sides {
  std::vector<double> out;
  std::vector<double> lse;  // [H, T]

  Sides(const Problem& problem, const std::string& out_name, const std::string& lse_name)
      : out(problem.operand(out_name).values()), lse(problem.operand(lse_name).values()) {}

  template <class Real>
  State<Real> state(std::int64_t out_index, std::int64_t lse_index) const {
    // Without columns there is an LSE and no value.
    return {static_cast<Real>(out.empty() ? 0.0 : out[at(out_index)]),
            static_cast<Real>(lse[at(lse_index)])};
  }
};

}  // namespace mlacheck::oracle_audit
