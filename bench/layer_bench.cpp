// How long the ops of a layer take as they were before they were optimised, and with all that is
// optimised: called from the host, and as a CUDA graph that is replayed. docs/bench.md says how to read the
// tables.
//
//   layer_bench [--backend cuda] [--op decode_step...] [--heads N...] [--launches plain graph]
//
// Without a GPU backend it times tiny layers on the CPU executor.
//
// Exit code 77 if the backend is absent, 1 if a call failed or a variant is not what it should be.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "bench/contestant.hpp"
#include "bench/layer_sizes.hpp"
#include "bench/layer_tables.hpp"
#include "bench/program.hpp"
#include "harness/arguments/arguments.hpp"
#include "harness/arguments/help.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck::bench {
namespace {

constexpr const char* kPlainLaunches = "plain";
constexpr const char* kGraph = "graph";

struct Options {
  std::string backend;
  LayerSizes sizes;
  std::int64_t rounds = 0;
  std::string launches;  ///< empty: all that the backend has
  TimingOptions timing;
};

struct Timed {
  int calls;  // in a batch
  Cost baseline;
  Cost optimised;
  Spread baseline_time;
  Spread optimised_time;
  Spread difference;
};

std::string place(const LayerTable& table, const LayerCall& call, const std::string& variant) {
  std::string text = table.title + " " + variant;
  for (std::size_t i = 0; i < call.sizes.size(); ++i) {
    text += ", " + table.size_names[i] + " " + std::to_string(call.sizes[i]);
  }
  return text + ": ";
}

Cost contract_of(const LayerTable& table, const Problem& problem, const std::string& variant) {
  const OpModel& model = *find_op(table.op)->model;
  const std::optional<Cost> cost = model.cost(model.cost_case(), problem, variant);
  if (!cost) throw std::runtime_error(table.op + " says no cost of " + variant);
  return *cost;
}

// What a variant writes, once it is known to cost what its contract says.
std::vector<std::byte> checked_output(const LayerTable& table, const LayerCall& call,
                                      Contestant& contestant, DeviceOperands& operands) {
  const std::string& variant = contestant.subject().variant;
  const std::string where = place(table, call, variant);
  std::vector<std::byte> output = output_of(contestant, operands, where);
  check_cost(contestant, contract_of(table, call.problem, variant), where);
  return output;
}

Timed compare(const LayerTable& table, const LayerCall& call, Backend& backend,
              const TimingOptions& options) {
  DeviceOperands operands(call.problem, backend);
  const auto contestant = [&](const std::string& variant) {
    return std::make_unique<Contestant>(subject_named(table.op, variant, backend),
                                        operands.call(call.problem), backend);
  };
  const auto baseline = contestant(table.baseline);
  const auto optimised = contestant(table.optimised);
  const std::vector<std::byte> expected = checked_output(table, call, *baseline, operands);
  const std::vector<std::byte> output = checked_output(table, call, *optimised, operands);
  if (optimised->subject().agreement == Agreement::bitwise && output != expected) {
    throw std::runtime_error(place(table, call, table.optimised) +
                             "its result differs from that of " + table.baseline);
  }
  Timed timed{};
  timed.baseline = contract_of(table, call.problem, table.baseline);
  timed.optimised = contract_of(table, call.problem, table.optimised);
  timed.calls = calls_in_a_batch(*optimised, backend, options.milliseconds);
  const std::vector<std::vector<double>> times =
      take_turns({baseline.get(), optimised.get()}, backend, options, timed.calls);
  timed.baseline_time = spread_of(times[0]);
  timed.optimised_time = spread_of(times[1]);
  timed.difference = spread_of(differences(times[0], times[1]));
  return timed;
}

void print_pair(std::uint64_t baseline, std::uint64_t optimised) {
  std::printf("%llu / %llu | ", static_cast<unsigned long long>(baseline),
              static_cast<unsigned long long>(optimised));
}

void print_row(const LayerCall& call, const Timed& t) {
  std::printf("| ");
  for (const std::int64_t size : call.sizes) std::printf("%lld | ", static_cast<long long>(size));
  std::printf("%.2f | %.2f | %.2f (%.2f to %.2f) | %.3f | ", t.baseline_time.median,
              t.optimised_time.median, t.difference.median, t.difference.lower_quartile,
              t.difference.upper_quartile, t.baseline_time.median / t.optimised_time.median);
  print_pair(t.baseline.launches, t.optimised.launches);
  print_pair(t.baseline.bytes_allocated, t.optimised.bytes_allocated);
  print_pair(t.baseline.bytes_copied, t.optimised.bytes_copied);
  std::printf("%d |\n", t.calls);
  std::fflush(stdout);  // a run that is cut short keeps what it has
}

void print_head(const LayerTable& table, const std::string& launches) {
  const char* const before = table.baseline.c_str();
  const char* const after = table.optimised.c_str();
  std::printf("\n### %s: %s against %s, %s launches\n\n%s\n\n| ", table.title.c_str(), before,
              after, launches.c_str(), table.fixed.c_str());
  for (const std::string& name : table.size_names) std::printf("%s | ", name.c_str());
  std::printf(
      "%s us | %s us | difference us (quartiles) | %s / %s | launches | bytes allocated | bytes "
      "copied | calls a batch |\n|",
      before, after, before, after);
  constexpr std::size_t kOtherColumns = 8;
  for (std::size_t i = 0; i < table.size_names.size() + kOtherColumns; ++i) std::printf("---:|");
  std::printf("\n");
}

// Every shape with this kind of launches.
void run_table(const LayerTable& table, const Options& options, const std::string& launches,
               Backend& backend) {
  print_head(table, launches);
  TimingOptions timing = options.timing;
  timing.launches = launches == kGraph ? Launches::graph : Launches::plain;
  for (const LayerCall& call : table.calls) {
    print_row(call, compare(table, call, backend, timing));
    backend.trim();
  }
}

void fill_in(Options& options) {
  const bool cpu = is_cpu(options.backend);
  fill_in(options.sizes, cpu);
  if (options.rounds == 0) options.rounds = cpu ? 3 : 21;
  options.timing.rounds = static_cast<int>(options.rounds);
}

std::vector<std::string> launches_of(const Options& options) {
  if (!options.launches.empty()) return {options.launches};
  if (options.backend == "cuda") return {kPlainLaunches, kGraph};
  return {kPlainLaunches};
}

void add_options(CLI::App& app, Options& options) {
  constexpr std::int64_t kMost = 1 << 20;
  add_text(app, "--backend", "BACKEND", options.backend,
           "Where to run (default: a GPU backend if this build has one, else cpu.w32)");
  add_size_options(app, options.sizes);
  add_text(app, "--launches", "KIND", options.launches,
           "plain, the host calls each step, or graph (default: both on cuda)");
  add_whole(app, "--rounds", options.rounds, 1, kMost,
            "Batches of each variant (default: 21; on the CPU 3)");
  add_seconds(app, "--milliseconds", options.timing.milliseconds, 1e-3, 1e6,
              "About how long a batch takes")
      ->type_name("MS");
  app.footer(R"(Examples:
  layer_bench                every size on a GPU, a tiny one without
  layer_bench --op decode_step --heads 128 --requests 64 --keys 16384 --tokens 2
  layer_bench --op prefill_context --context 16384 --new-tokens 128 --chunks 16

Exit codes: 0 timed, 1 a call failed or a variant is not what it should be,
2 bad usage, 77 the backend cannot run here.)");
}

void check(const Options& options) {
  const std::vector<std::string> kinds{kPlainLaunches, kGraph};
  if (!options.launches.empty() && std::ranges::find(kinds, options.launches) == kinds.end()) {
    throw std::invalid_argument("--launches '" + excerpt(options.launches) +
                                "': " + expected_one_of(options.launches, kinds));
  }
  check(options.sizes);
}

int run(int argc, char** argv) {
  CLI::App app("Times the ops of a layer, each as it was against optimised.");
  use_our_help(app, "layer_bench");
  const Choice choice(kDecodeOp);  // a backend has all of them or none
  Options options;
  options.backend = choice.by_default();
  add_options(app, options);
  if (!parse_arguments(app, argc, argv)) return kExitPassed;
  fill_in(options);
  check(options);
  return with_backend("layer_bench", choice, options.backend, [&](Backend& backend) {
    std::printf("%s, %s; bf16, medians of %d rounds\n", backend.name().c_str(),
                backend.device().c_str(), options.timing.rounds);
    for (const LayerTable& table : layer_tables(options.sizes)) {
      for (const std::string& launches : launches_of(options)) {
        run_table(table, options, launches, backend);
      }
    }
    return kExitPassed;
  });
}

}  // namespace
}  // namespace mlacheck::bench

int main(int argc, char** argv) {
  return mlacheck::bench::run_program("layer_bench",
                                      [&] { return mlacheck::bench::run(argc, argv); });
}
