#include "bench/comparison.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "bench/counting_context.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/subjects/subjects.hpp"

namespace mlacheck::bench {
namespace {

const Subject& subject(const std::string& op, const std::string& variant, const Backend& backend) {
  const Subject* const found = find_subject(op, backend.name(), variant);
  if (found == nullptr) {
    throw std::runtime_error(op + " has no variant " + variant + " on " + backend.name());
  }
  return *found;
}

// One subject on one call, again and again, with scratch of its own.
class Contestant {
 public:
  Contestant(const Subject& subject, Call call, Backend& backend)
      : subject_(&subject), call_(std::move(call)), context_(backend) {}

  void run() {
    context_.start_call();
    const Status status = subject_->run(call_, context_);
    if (!status.ok()) throw std::runtime_error(subject_->variant + ": " + status.message());
  }

  const Subject& subject() const { return *subject_; }
  const CountingContext& context() const { return context_; }

 private:
  const Subject* subject_;
  Call call_;
  CountingContext context_;
};

std::string place(const Pair& pair, const BmmShape& shape, const Contestant& contestant) {
  return pair.op + " " + pair.form + " " + contestant.subject().variant + ", batch " +
         std::to_string(shape.batch) + ", heads " + std::to_string(shape.heads) + ": ";
}

// A kernel that did not run is the fastest of all. Also the first call, which takes the scratch.
std::vector<std::byte> output_of(Contestant& contestant, DeviceOperands& operands,
                                 const std::string& where) {
  // A NaN that the kernels, whose NaNs are canonical, do not store.
  constexpr std::byte kUnwritten{0xff};
  operands.fill_output(kUnwritten);
  contestant.run();
  std::vector<std::byte> output = operands.output();
  for (std::size_t at = 0; at + 1 < output.size(); at += 2) {
    if (output[at] == kUnwritten && output[at + 1] == kUnwritten) {
      throw std::runtime_error(where + "element " + std::to_string(at / 2) +
                               " of out was not written");
    }
  }
  return output;
}

void check_cost(const Contestant& contestant, const std::optional<Cost>& contract,
                const std::string& where) {
  if (!contract) return;
  const CountingContext& counted = contestant.context();
  if (counted.launches() == contract->launches &&
      counted.bytes_copied() == contract->bytes_copied) {
    return;
  }
  throw std::runtime_error(where + std::to_string(counted.launches()) + " launches and " +
                           std::to_string(counted.bytes_copied()) +
                           " bytes copied, contract: " + std::to_string(contract->launches) +
                           " and " + std::to_string(contract->bytes_copied));
}

int calls_in_a_batch(Contestant& contestant, Backend& backend, double milliseconds) {
  constexpr int kFewest = 3;
  constexpr int kMost = 200;  // more make graphs slow to build and nothing more exact
  const double once =
      make_stopwatch(backend, Launches::plain, kFewest, [&] { contestant.run(); })->measure();
  return static_cast<int>(std::clamp(milliseconds * 1e3 / std::max(once, 1e-3),
                                     static_cast<double>(kFewest), static_cast<double>(kMost)));
}

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
  return result;
}

}  // namespace

std::string reason_to_skip(const Pair& pair, const Backend& backend) {
  for (const std::string& variant : {pair.copy, pair.strided}) {
    const Subject* const found = find_subject(pair.op, backend.name(), variant);
    if (found == nullptr) return "no variant " + variant + " on " + backend.name();
    if (found->unavailable) {
      if (std::string reason = found->unavailable(); !reason.empty()) return reason;
    }
  }
  return {};
}

Spread spread_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto quantile = [&](double share) {
    const double place = share * static_cast<double>(samples.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, samples.size() - 1);
    return std::lerp(samples[below], samples[above], place - std::floor(place));
  };
  return {quantile(0.25), quantile(0.5), quantile(0.75)};
}

Comparison compare(const Pair& pair, const BmmShape& shape, Backend& backend,
                   const TimingOptions& options) {
  const Problem wanted = bmm_problem(pair.form, shape, OutLayout::tokens_first);
  const Problem dense = bmm_problem(pair.form, shape, OutLayout::heads_first);
  DeviceOperands operands(wanted, backend);
  const Subject& strided_subject = subject(pair.op, pair.strided, backend);
  Contestant copy(subject(pair.op, pair.copy, backend), operands.call(wanted), backend);
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
  std::array<Contestant*, 3> contestants{&copy, &strided, &product};
  std::array<std::unique_ptr<Stopwatch>, 3> stopwatches;
  std::array<std::vector<double>, 3> times;
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    stopwatches[i] = make_stopwatch(backend, options.launches, result.calls,
                                    [contestant = contestants[i]] { contestant->run(); });
  }
  constexpr double kWarmUp = 30e3;  // until clocks and caches have settled
  double warm = 0;
  while (warm < kWarmUp) {
    for (const auto& stopwatch : stopwatches) warm += stopwatch->measure() * result.calls;
  }
  // Every other round goes backwards, so that a drift of the clocks favours no variant.
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t step = 0; step < contestants.size(); ++step) {
      const std::size_t i = round % 2 == 0 ? step : contestants.size() - 1 - step;
      times[i].push_back(stopwatches[i]->measure());
    }
  }
  result.difference = spread_of(differences(times[0], times[1]));
  result.copy_launch = spread_of(differences(times[0], times[2]));
  result.copy = spread_of(std::move(times[0]));
  result.strided = spread_of(std::move(times[1]));
  return result;
}

}  // namespace mlacheck::bench
