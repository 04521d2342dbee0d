// A tiny op for testing the battery, sweeps and shrinking: y[i] = 2 x[i], with gaps between
// elements.
#pragma once

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/subjects/ops.hpp"
#include "properties/common/values.hpp"

namespace mlacheck::toy {

class Model : public OpModel {
 public:
  const Schema& schema() const override {
    static const Schema kSchema{
        "toy",
        {Field::integer("n", 0, 1000, 1), Field::integer("step", 1, 8, 1), Field::seed("seed")}};
    return kSchema;
  }
  Case generate(Random& random, const std::vector<Tile>& tiles) const override {
    Case c(schema());
    c.set("n", draw_extent(random, tiles, "n", 300, true));
    return c.set("step", random.between(1, 4)).set("seed", random.between(0, 1000));
  }
  std::string inadmissible(const Case&) const override { return {}; }
  Problem materialise(const Case& c, std::string_view) const override {
    const std::int64_t n = c.integer("n");
    Problem problem;
    Operand x{"x", DType::f32, Access::input, Layout::strided({n}, {c.integer("step")}), {}, {}};
    x.bits =
        fill(DType::f32, ValueClass::normal, static_cast<std::uint64_t>(c.integer("seed")), "x", n);
    Operand y{"y", DType::f32, Access::output, Layout::strided({n}, {c.integer("step")}), {}, {}};
    problem.operands = {std::move(x), std::move(y)};
    return problem;
  }
  Case layout_twin(const Case& c) const override {
    Case twin = c;
    return twin.set("step", c.integer("step") == 1 ? 2 : 1);
  }
  bool has_edge_values(const Case&) const override { return false; }
};

class Doubled final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    ExpectedTensor y{"y", problem.operand("x").values(), {}};
    for (double& value : y.value) value *= 2;
    y.bound.assign(y.value.size(), bound);
    return {{y}, "exact"};
  }
  double bound = 0;
};

/// Counts as one launch of one block, with its receipt. It takes place even if it is refused.
inline void leave_receipt(LaunchContext& context) {
  static_cast<void>(context.record({"toy", {1, 1, 1}, {1, 1, 1}, 0}));
  ++*context.receipt_counter();
}

/// Writes element i. The toy is no instrumented kernel, so MSan must be told what it wrote.
inline void put(const Tensor& y, std::int64_t i, float value) {
  float* const element = y.as<float>() + i * y.stride[0];
  *element = value;
  cpu::mark_initialized(element, sizeof(float));
}

inline Status run(const Call& call, LaunchContext& context) {
  const Tensor& x = call.tensor("x");
  const Tensor& y = call.tensor("y");
  leave_receipt(context);
  for (std::int64_t i = 0; i < x.shape[0]; ++i) {
    put(y, i, 2 * x.as<float>()[i * x.stride[0]]);
  }
  return {};
}

}  // namespace mlacheck::toy
