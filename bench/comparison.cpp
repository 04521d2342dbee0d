#include "bench/comparison.hpp"

#include <stdexcept>
#include <utility>

#include "bench/contestant.hpp"
#include "harness/subjects/ops.hpp"

namespace mlacheck::bench {
namespace {

std::string place(const Pair& pair, const BmmShape& shape, const Contestant& contestant) {
  return pair.op + " " + pair.form + " " + contestant.subject().variant + ", batch " +
         std::to_string(shape.batch) + ", heads " + std::to_string(shape.heads) + ": ";
}

}  // namespace

std::string reason_to_skip(const Pair& pair, const Backend& backend) {
  for (const std::string& variant : {pair.copy, pair.strided}) {
    if (std::string reason = reason_to_skip(pair.op, variant, backend); !reason.empty()) {
      return reason;
    }
  }
  return {};
}

Comparison compare(const Pair& pair, const BmmShape& shape, Backend& backend,
                   const TimingOptions& options) {
  const Problem wanted = bmm_problem(pair.form, shape, OutLayout::tokens_first);
  const Problem dense = bmm_problem(pair.form, shape, OutLayout::heads_first);
  DeviceOperands operands(wanted, backend);
  const Subject& strided_subject = subject_named(pair.op, pair.strided, backend);
  Contestant copy(subject_named(pair.op, pair.copy, backend), operands.call(wanted), backend);
  Contestant strided(strided_subject, operands.call(wanted), backend);
  // What `copy` does before its copy.
  Contestant product(strided_subject, operands.call(dense), backend);

  Comparison result{};
  const OpModel& model = *find_op(pair.op)->model;
  result.copy_cost = model.cost(model.cost_case(), wanted, pair.copy);
  result.strided_cost = model.cost(model.cost_case(), wanted, pair.strided);
  const std::string of_copy = place(pair, shape, copy);
  const std::string of_strided = place(pair, shape, strided);
  const std::vector<std::byte> expected = output_of(copy, operands, of_copy);
  check_cost(copy, result.copy_cost, of_copy);
  const std::vector<std::byte> output = output_of(strided, operands, of_strided);
  check_cost(strided, result.strided_cost, of_strided);
  if (strided_subject.agreement == Agreement::bitwise && output != expected) {
    throw std::runtime_error(of_strided + "its result differs from that of " + pair.copy);
  }
  static_cast<void>(output_of(product, operands, of_strided));

  result.calls = calls_in_a_batch(strided, backend, options.milliseconds);
  std::vector<std::vector<double>> times =
      take_turns({&copy, &strided, &product}, backend, options, result.calls);
  result.difference = spread_of(differences(times[0], times[1]));
  result.copy_launch = spread_of(differences(times[0], times[2]));
  result.copy = spread_of(std::move(times[0]));
  result.strided = spread_of(std::move(times[1]));
  return result;
}

}  // namespace mlacheck::bench
