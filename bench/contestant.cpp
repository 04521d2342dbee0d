#include "bench/contestant.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>

#include "harness/subjects/subjects.hpp"

namespace mlacheck::bench {

void Contestant::run() {
  context_.start_call();
  const Status status = subject_->run(call_, context_);
  if (!status.ok()) throw std::runtime_error(subject_->variant + ": " + status.message());
}

std::string reason_to_skip(const std::string& op, const std::string& variant,
                           const Backend& backend) {
  const Subject* const found = find_subject(op, backend.name(), variant);
  if (found == nullptr) return "no variant " + variant + " on " + backend.name();
  return found->unavailable ? found->unavailable() : std::string();
}

const Subject& subject_named(const std::string& op, const std::string& variant,
                             const Backend& backend) {
  const Subject* const found = find_subject(op, backend.name(), variant);
  if (found == nullptr) {
    throw std::runtime_error(op + " has no variant " + variant + " on " + backend.name());
  }
  return *found;
}

std::vector<std::byte> output_of(Contestant& contestant, DeviceOperands& operands,
                                 const std::string& where) {
  // A NaN that the kernels, whose NaNs are canonical, do not store.
  constexpr std::byte kUnwritten{0xff};
  operands.fill_outputs(kUnwritten);
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
  const auto text = [](std::uint64_t launches, std::uint64_t allocated, std::uint64_t copied) {
    return std::to_string(launches) + " launches, " + std::to_string(allocated) +
           " bytes allocated and " + std::to_string(copied) + " copied";
  };
  const std::string cost =
      text(counted.launches(), counted.bytes_allocated(), counted.bytes_copied());
  const std::string promised =
      text(contract->launches, contract->bytes_allocated, contract->bytes_copied);
  if (cost != promised) throw std::runtime_error(where + cost + ", contract: " + promised);
}

int calls_in_a_batch(Contestant& contestant, Backend& backend, double milliseconds) {
  constexpr double kFewest = 3;  // unless one alone takes longer than the batch is to take
  constexpr double kMost = 200;  // more make graphs slow to build and nothing more exact
  const auto stopwatch = make_stopwatch(backend, Launches::plain, 1, [&] { contestant.run(); });
  const double calls = milliseconds * 1e3 / std::max(stopwatch->measure(), 1e-3);
  return calls < 1 ? 1 : static_cast<int>(std::clamp(calls, kFewest, kMost));
}

std::vector<std::vector<double>> take_turns(const std::vector<Contestant*>& contestants,
                                            Backend& backend, const TimingOptions& options,
                                            int calls) {
  std::vector<std::unique_ptr<Stopwatch>> stopwatches;
  for (Contestant* const contestant : contestants) {
    stopwatches.push_back(
        make_stopwatch(backend, options.launches, calls, [contestant] { contestant->run(); }));
  }
  constexpr double kWarmUp = 30e3;  // until clocks and caches have settled
  double warm = 0;
  while (warm < kWarmUp) {
    for (const auto& stopwatch : stopwatches) warm += stopwatch->measure() * calls;
  }
  std::vector<std::vector<double>> times(contestants.size());
  // Every other round goes backwards, so that a drift of the clocks favours no variant.
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t step = 0; step < contestants.size(); ++step) {
      const std::size_t i = round % 2 == 0 ? step : contestants.size() - 1 - step;
      times[i].push_back(stopwatches[i]->measure());
    }
  }
  return times;
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

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
  return result;
}

}  // namespace mlacheck::bench
