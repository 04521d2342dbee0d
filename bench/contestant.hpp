// Variants of one op on the same operands: what each writes and costs, and how long it takes in turn.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/counting_context.hpp"
#include "bench/device_operands.hpp"
#include "bench/stopwatch.hpp"
#include "harness/op/cost.hpp"
#include "harness/op/subject.hpp"

namespace mlacheck::bench {

struct TimingOptions {
  Launches launches = Launches::plain;
  int rounds = 21;          ///< batches of each
  double milliseconds = 4;  ///< about how long a batch is to take
};

struct Spread {
  double lower_quartile;
  double median;
  double upper_quartile;
};

/// One subject on one call, again and again, with scratch of its own.
class Contestant {
 public:
  Contestant(const Subject& subject, Call call, Backend& backend)
      : subject_(&subject), call_(std::move(call)), context_(backend) {}

  /// Throws std::runtime_error if the call fails.
  void run();

  const Subject& subject() const { return *subject_; }
  const CountingContext& context() const { return context_; }

 private:
  const Subject* subject_;
  Call call_;
  CountingContext context_;
};

/// Empty, or why the variant cannot run on the backend.
std::string reason_to_skip(const std::string& op, const std::string& variant,
                           const Backend& backend);

/// Throws std::runtime_error if there is no such variant on the backend.
const Subject& subject_named(const std::string& op, const std::string& variant,
                             const Backend& backend);

/// What a call writes, every element of it: a kernel that did not run is the fastest of all. Also the
/// first call, which takes the scratch. Throws std::runtime_error, beginning with `where`.
std::vector<std::byte> output_of(Contestant& contestant, DeviceOperands& operands,
                                 const std::string& where);

/// Throws std::runtime_error, beginning with `where`, if the last call did not cost what the contract says.
void check_cost(const Contestant& contestant, const std::optional<Cost>& contract,
                const std::string& where);

/// So that a batch takes about so long.
int calls_in_a_batch(Contestant& contestant, Backend& backend, double milliseconds);

/// Microseconds of a call, for each contestant and round. They take turns after a warm-up.
std::vector<std::vector<double>> take_turns(const std::vector<Contestant*>& contestants,
                                            Backend& backend, const TimingOptions& options,
                                            int calls);

/// Neither may be empty.
Spread spread_of(std::vector<double> samples);
std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace mlacheck::bench
