#include "harness/study/criteria.hpp"

#include <algorithm>
#include <cmath>

namespace mlacheck {
namespace {

using Answer = std::optional<bool>;

double tolerance_of(DType dtype) { return dtype == DType::bf16 ? 1e-2 : 1e-3; }

bool same_class(double r, double y) {
  if (std::isnan(r) || std::isnan(y)) return std::isnan(r) && std::isnan(y);
  if (std::isinf(r) || std::isinf(y)) return r == y;
  return true;
}

// Calls back for the pairs that are both finite; false if a class differs.
template <class Callback>
bool for_finite(const Judged& t, const Callback& callback) {
  for (std::size_t i = 0; i < t.reference.size(); ++i) {
    if (!same_class(t.reference[i], t.result[i])) return false;
    if (std::isfinite(t.reference[i])) callback(t.reference[i], t.result[i], i);
  }
  return true;
}

// Sums over the finite pairs; nothing if a class differs.
struct Energy {
  double error = 0;      // sum e^2
  double reference = 0;  // sum r^2
  double result = 0;     // sum y^2
  double product = 0;    // sum r y
};

std::optional<Energy> energy_of(const Judged& t) {
  Energy sums;
  const bool same = for_finite(t, [&](double r, double y, std::size_t) {
    sums.error += (y - r) * (y - r);
    sums.reference += r * r;
    sums.result += y * y;
    sums.product += r * y;
  });
  if (!same) return std::nullopt;
  return sums;
}

double mismatch_share(const Judged& t, double relative, double absolute) {
  std::size_t bad = 0;
  for (std::size_t i = 0; i < t.reference.size(); ++i) {
    const double r = t.reference[i];
    const double y = t.result[i];
    const bool close = std::isfinite(r) ? std::fabs(y - r) <= absolute + relative * std::fabs(r)
                                        : same_class(r, y);
    if (!close) ++bad;
  }
  return t.reference.empty() ? 0
                             : static_cast<double>(bad) / static_cast<double>(t.reference.size());
}

Answer allclose(const Judged& t) {
  return mismatch_share(t, tolerance_of(t.dtype), tolerance_of(t.dtype)) == 0;
}

Answer allclose_budget(const Judged& t) { return mismatch_share(t, 1e-2, 1e-2) <= 0.05; }

Answer nmse(const Judged& t) {
  const auto sums = energy_of(t);
  return sums && sums->error <= 5e-4 * sums->result;
}

bool cos_diff_below(const Judged& t, double limit) {
  const auto sums = energy_of(t);
  if (!sums) return false;
  const double both = sums->reference + sums->result;
  // The projects treat an all-zero pair as equal.
  return both < 1e-12 || 1 - 2 * sums->product / both < limit;
}

Answer cos_diff(const Judged& t) { return cos_diff_below(t, 1e-5); }

Answer cosine(const Judged& t) {
  const auto sums = energy_of(t);
  if (!sums) return false;
  const double norms = std::sqrt(sums->reference * sums->result);
  return norms == 0 ? sums->error == 0 : sums->product / norms > 0.99;
}

Answer frobenius(const Judged& t) {
  const auto sums = energy_of(t);
  const double limit = t.dtype == DType::bf16 ? 0.1 : t.dtype == DType::f16 ? 1e-2 : 1e-5;
  return sums && std::sqrt(sums->error) <= limit * std::sqrt(sums->reference);
}

Answer cutlass(const Judged& t) {
  constexpr double kEpsilon = 0.05;
  constexpr double kFloor = 1.0 / 256;
  bool pass = true;
  const bool same = for_finite(t, [&](double r, double y, std::size_t) {
    const double sum = std::fabs(r) + std::fabs(y);
    const double limit = r == 0 || y == 0 || sum < kFloor ? kEpsilon * kFloor : kEpsilon * sum;
    pass = pass && (r == y || std::fabs(y - r) < limit);
  });
  return same && pass;
}

Answer blaspp(const Judged& t) {
  if (t.factor_norms == 0) return std::nullopt;
  const auto sums = energy_of(t);
  return sums && std::sqrt(sums->error) <
                     unit_roundoff(t.dtype) * std::sqrt(t.contraction + 2) * t.factor_norms;
}

Answer twice_peer(const Judged& t) {
  double worst = 0;
  double peer = 0;
  const bool same = for_finite(t, [&](double r, double y, std::size_t i) {
    worst = std::max(worst, std::fabs(y - r));
    if (std::isfinite(t.peer[i])) peer = std::max(peer, std::fabs(t.peer[i] - r));
  });
  return same && worst <= 2 * peer + 1e-5;
}

Answer triple(const Judged& t) {
  bool pass = true;
  const bool same = for_finite(t, [&](double r, double y, std::size_t) {
    const double error = std::fabs(y - r);
    pass = pass && (error < 8e-4 || error < 2.01 / 128 * std::fabs(r));
  });
  return same && pass && cos_diff_below(t, 5e-6);
}

Answer maximum_share(const Judged& t) {
  double largest = 0;
  for (const double r : t.reference) {
    if (std::isfinite(r)) largest = std::max(largest, std::fabs(r));
  }
  bool pass = true;
  const bool same = for_finite(t, [&](double r, double y, std::size_t) {
    pass = pass && std::fabs(y - r) <= 0.015 * largest + 1e-3 + 0.01 * std::fabs(r);
  });
  return same && pass;
}

}  // namespace

const std::vector<Criterion>& criteria() {
  static const std::vector<Criterion> kCriteria{
      {"allclose", "|e| <= a + a|r|, a = 1e-2 (bf16), 1e-3", "FlashInfer, KernelBench", &allclose},
      {"allclose-budget", "|e| <= 1e-2 + 1e-2|r| on 95 % of elements", "aiter", &allclose_budget},
      {"nmse", "sum e^2 <= 5e-4 sum y^2", "ggml", &nmse},
      {"cos-diff", "1 - 2 sum ry / sum(r^2+y^2) < 1e-5", "vLLM MLA, DeepGEMM", &cos_diff},
      {"cosine", "cosine similarity > 0.99", "FlashInfer GEMM", &cosine},
      {"frobenius", "|e|F <= t|r|F, t = 0.1 (bf16), 1e-2 (fp16), 1e-5", "hipBLASLt", &frobenius},
      {"cutlass", "|e| < 0.05(|r|+|y|), floor 1/256", "CUTLASS profiler", &cutlass},
      {"blaspp", "|e|F < u sqrt(k+2) |A|F |B|F", "blaspp", &blaspp},
      {"flash-2x", "max|e| <= 2 max|e of a peer| + 1e-5", "flash-attention", &twice_peer},
      {"flashmla", "8e-4 abs or 2.01/128 rel, and cos-diff < 5e-6", "FlashMLA", &triple},
      {"maximum", "|e| <= 0.015 max|r| + 1e-3 + 0.01|r|", "FlashInfer fuzzer", &maximum_share},
  };
  return kCriteria;
}

const Criterion* find_criterion(std::string_view name) {
  for (const Criterion& criterion : criteria()) {
    if (criterion.name == name) return &criterion;
  }
  return nullptr;
}

}  // namespace mlacheck
