// Reciprocals, roots, powers of two, logarithms, sine: correctly rounded here unless variation.hpp is asked
// for, while AMD promises 1 ulp. v_exp, v_log, v_sqrt and v_rsq in float flush denormals, source and result.
#include <cmath>
#include <numbers>

#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/floats.hpp"
#include "harness/amd/vector/lanes.hpp"
#include "harness/amd/vector/variation.hpp"

namespace mlacheck::amd {
namespace {

float exp2_of(float value) {
  return flushed(static_cast<float>(std::exp2(static_cast<double>(flushed(value)))));
}
float log2_of(float value) {
  return flushed(static_cast<float>(std::log2(static_cast<double>(flushed(value)))));
}
float root_of(float value) { return flushed(std::sqrt(flushed(value))); }
float reciprocal_root_of(float value) {
  return flushed(static_cast<float>(1.0 / std::sqrt(static_cast<double>(flushed(value)))));
}
// The argument counts turns.
float sine_of(float turns) {
  return static_cast<float>(std::sin(2 * std::numbers::pi * static_cast<double>(turns)));
}
float cosine_of(float turns) {
  return static_cast<float>(std::cos(2 * std::numbers::pi * static_cast<double>(turns)));
}

// Exact in double, since beyond these powers every result is zero or infinite.
float scaled(float value, i32 power) {
  const i32 bounded = power > 300 ? 300 : power < -300 ? -300 : power;
  const double factor = std::bit_cast<double>(static_cast<u64>(bounded + 1023) << 52);
  return static_cast<float>(static_cast<double>(value) * factor);
}

// The significand in [0.5, 1) and its exponent.
template <class Float>
bool has_exponent(Float value) {
  return std::isfinite(value) && value != 0;
}
template <class Float>
Float significand(Float value) {
  int exponent = 0;
  return has_exponent(value) ? std::frexp(value, &exponent) : value;
}
template <class Float>
i32 exponent_of(Float value) {
  int exponent = 0;
  if (has_exponent(value)) std::frexp(value, &exponent);
  return exponent;
}

// The same instruction with results that hardware might give, where that was asked for.
template <bool IgnoresMode, class Nearest, class Varied>
constexpr Entry approximate(Nearest nearest, Varied) {
  Entry entry = IgnoresMode ? vector_without_mode(nearest) : vector(nearest);
  entry.bind = [](const Binding& binding) {
    if (varies()) {
      binding.operation.run = &SignatureOf<Varied>::template run<Varied, IgnoresMode>;
    }
    bind_vector(binding);
  };
  return entry;
}

u32 bits_of(float value) { return std::bit_cast<u32>(value); }
u64 bits_of(double value) { return std::bit_cast<u64>(value); }

template <Approximated Function, class F>
constexpr Entry half(F) {
  return approximate<false>(
      [](Half a) { return to_half(static_cast<float>(F{}(static_cast<double>(to_float(a))))); },
      [](Half a) { return varied_half(F{}(static_cast<double>(to_float(a))), Function, a.bits); });
}

}  // namespace

void add_transcendentals(Table& table) {
  for (const char* const name : {"v_rcp_f32", "v_rcp_iflag_f32"}) {
    table.add(name, approximate<false>([](float a) { return 1.0F / a; },
                                       [](float a) {
                                         return varied(1.0 / static_cast<double>(a),
                                                       Approximated::reciprocal, bits_of(a));
                                       }));
  }
  table.add("v_rcp_f64", approximate<false>([](double a) { return 1.0 / a; },
                                            [](double a) {
                                              return varied_double(
                                                  1.0 / a, Approximated::reciprocal, bits_of(a));
                                            }));
  table.add("v_rsq_f64", approximate<false>([](double a) { return 1.0 / std::sqrt(a); },
                                            [](double a) {
                                              return varied_double(1.0 / std::sqrt(a),
                                                                   Approximated::reciprocal_root,
                                                                   bits_of(a));
                                            }));
  table.add("v_sqrt_f64", approximate<false>([](double a) { return std::sqrt(a); },
                                             [](double a) {
                                               return varied_double(std::sqrt(a),
                                                                    Approximated::root, bits_of(a));
                                             }));
  table.add("v_exp_f32",
            approximate<true>([](float a) { return exp2_of(a); },
                              [](float a) {
                                const auto power = std::exp2(static_cast<double>(flushed(a)));
                                return flushed(varied(power, Approximated::power, bits_of(a)));
                              }));
  table.add(
      "v_log_f32",
      approximate<true>([](float a) { return log2_of(a); },
                        [](float a) {
                          const auto logarithm = std::log2(static_cast<double>(flushed(a)));
                          return flushed(varied(logarithm, Approximated::logarithm, bits_of(a)));
                        }));
  table.add("v_sqrt_f32",
            approximate<true>([](float a) { return root_of(a); },
                              [](float a) {
                                const auto root = std::sqrt(static_cast<double>(flushed(a)));
                                return flushed(varied(root, Approximated::root, bits_of(a)));
                              }));
  table.add("v_rsq_f32",
            approximate<true>([](float a) { return reciprocal_root_of(a); },
                              [](float a) {
                                const auto root = std::sqrt(static_cast<double>(flushed(a)));
                                return flushed(
                                    varied(1.0 / root, Approximated::reciprocal_root, bits_of(a)));
                              }));
  table.add("v_sin_f32", vector_without_mode([](float a) { return sine_of(a); }));
  table.add("v_cos_f32", vector_without_mode([](float a) { return cosine_of(a); }));
  table.add("v_ldexp_f32", vector([](float a, i32 b) { return scaled(a, b); }));
  table.add("v_frexp_mant_f32", vector([](float a) { return significand(a); }));
  table.add("v_frexp_exp_i32_f32", vector([](float a) { return exponent_of(a); }));
  table.add("v_frexp_mant_f64", vector([](double a) { return significand(a); }));
  table.add("v_frexp_exp_i32_f64", vector([](double a) { return exponent_of(a); }));
  table.add("v_rcp_f16", half<Approximated::reciprocal>([](double x) { return 1 / x; }));
  table.add("v_sqrt_f16", half<Approximated::root>([](double x) { return std::sqrt(x); }));
  table.add("v_rsq_f16",
            half<Approximated::reciprocal_root>([](double x) { return 1 / std::sqrt(x); }));
  table.add("v_exp_f16", half<Approximated::power>([](double x) { return std::exp2(x); }));
  table.add("v_log_f16", half<Approximated::logarithm>([](double x) { return std::log2(x); }));
}

}  // namespace mlacheck::amd
