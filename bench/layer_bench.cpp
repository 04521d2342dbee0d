// How long a decode step of a layer takes with every step as it was before it was optimised, and with
// all that is optimised: called from the host, and as a CUDA graph that is replayed. docs/bench.md says
// how to read the tables.
//
//   layer_bench [--backend cuda] [--heads N...] [--requests N...] [--keys N...] [--launches plain graph]
//
// Without a GPU backend it times tiny layers on the CPU executor.
//
// Exit code 77 if the backend is absent, 1 if a call failed or a variant is not what it should be.
#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "bench/contestant.hpp"
#include "bench/layer_problem.hpp"
#include "bench/program.hpp"
#include "harness/arguments/arguments.hpp"
#include "harness/arguments/help.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck::bench {
namespace {

constexpr const char* kOp = "decode_step";
constexpr const char* kPlain = "plain";
constexpr const char* kOptimised = "optimised";
constexpr const char* kGraph = "graph";

struct Options {
  std::string backend;
  std::vector<std::int64_t> heads;  ///< empty: what suits the backend; likewise below
  std::vector<std::int64_t> requests;
  std::vector<std::int64_t> keys;
  std::int64_t tokens = 1;
  std::int64_t splits = 4;
  std::int64_t rounds = 0;
  std::string launches;  ///< empty: all that the backend has
  TimingOptions timing;
};

struct Timed {
  int calls;  // in a batch
  Cost plain;
  Cost optimised;
  Spread plain_time;
  Spread optimised_time;
  Spread difference;
};

std::string place(const LayerShape& shape, const char* variant) {
  return std::string(kOp) + " " + variant + ", heads " + std::to_string(shape.heads) +
         ", requests " + std::to_string(shape.requests) + ", keys " + std::to_string(shape.keys) +
         ": ";
}

Cost contract_of(const Problem& problem, const char* variant) {
  const OpModel& model = *find_op(kOp)->model;
  const std::optional<Cost> cost = model.cost(model.cost_case(), problem, variant);
  if (!cost) throw std::runtime_error(std::string(kOp) + " says no cost of " + variant);
  return *cost;
}

Timed compare(const LayerShape& shape, Backend& backend, const TimingOptions& options) {
  const Problem problem = decode_problem(shape);
  DeviceOperands operands(problem, backend);
  Contestant plain(subject_named(kOp, kPlain, backend), operands.call(problem), backend);
  Contestant optimised(subject_named(kOp, kOptimised, backend), operands.call(problem), backend);
  Timed timed{};
  timed.plain = contract_of(problem, kPlain);
  timed.optimised = contract_of(problem, kOptimised);
  const std::vector<std::byte> expected = output_of(plain, operands, place(shape, kPlain));
  check_cost(plain, timed.plain, place(shape, kPlain));
  const std::vector<std::byte> output = output_of(optimised, operands, place(shape, kOptimised));
  check_cost(optimised, timed.optimised, place(shape, kOptimised));
  if (optimised.subject().agreement == Agreement::bitwise && output != expected) {
    throw std::runtime_error(place(shape, kOptimised) + "its result differs from that of plain");
  }
  timed.calls = calls_in_a_batch(optimised, backend, options.milliseconds);
  const std::vector<std::vector<double>> times =
      take_turns({&plain, &optimised}, backend, options, timed.calls);
  timed.plain_time = spread_of(times[0]);
  timed.optimised_time = spread_of(times[1]);
  timed.difference = spread_of(differences(times[0], times[1]));
  return timed;
}

void print_row(const LayerShape& shape, const Timed& t) {
  std::printf(
      "| %lld | %lld | %lld | %.2f | %.2f | %.2f (%.2f to %.2f) | %.3f | %llu / %llu | %llu / %llu "
      "| %d |\n",
      static_cast<long long>(shape.heads), static_cast<long long>(shape.requests),
      static_cast<long long>(shape.keys), t.plain_time.median, t.optimised_time.median,
      t.difference.median, t.difference.lower_quartile, t.difference.upper_quartile,
      t.plain_time.median / t.optimised_time.median,
      static_cast<unsigned long long>(t.plain.launches),
      static_cast<unsigned long long>(t.optimised.launches),
      static_cast<unsigned long long>(t.plain.bytes_copied),
      static_cast<unsigned long long>(t.optimised.bytes_copied), t.calls);
  std::fflush(stdout);  // a run that is cut short keeps what it has
}

// One table: every shape with this kind of launches.
void run_table(const Options& options, const std::string& launches, Backend& backend) {
  std::printf("\n### %s: plain against optimised, %s launches\n\n", kOp, launches.c_str());
  std::printf(
      "| heads | requests | keys | plain us | optimised us | difference us (quartiles) | plain / "
      "optimised | launches | bytes copied | calls a batch |\n"
      "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  TimingOptions timing = options.timing;
  timing.launches = launches == kGraph ? Launches::graph : Launches::plain;
  for (const std::int64_t heads : options.heads) {
    for (const std::int64_t requests : options.requests) {
      for (const std::int64_t keys : options.keys) {
        const LayerShape shape{heads, requests, options.tokens, keys, options.splits};
        print_row(shape, compare(shape, backend, timing));
        backend.trim();
      }
    }
  }
}

// What was not asked for, by what the backend does in seconds: on a GPU the heads of Kimi-K2 and V3 on
// eight ranks (V2-Lite has as many as that) and of V3 on one.
void fill_in(Options& options) {
  const bool cpu = is_cpu(options.backend);
  const auto choose = [cpu](std::vector<std::int64_t>& chosen, std::int64_t on_cpu,
                            std::vector<std::int64_t> on_gpu) {
    if (chosen.empty()) chosen = cpu ? std::vector<std::int64_t>{on_cpu} : std::move(on_gpu);
  };
  choose(options.heads, 2, {8, 16, 128});
  choose(options.requests, 2, {1, 16, 64});
  choose(options.keys, 5, {1024, 8192});
  if (options.rounds == 0) options.rounds = cpu ? 3 : 21;
  options.timing.rounds = static_cast<int>(options.rounds);
}

std::vector<std::string> launches_of(const Options& options) {
  if (!options.launches.empty()) return {options.launches};
  if (options.backend == "cuda") return {kPlain, kGraph};
  return {kPlain};
}

void add_options(CLI::App& app, Options& options) {
  constexpr std::int64_t kMost = 1 << 20;
  add_text(app, "--backend", "BACKEND", options.backend,
           "Where to run (default: a GPU backend if this build has one, else cpu.w32)");
  add_whole_list(app, "--heads", options.heads, 1, kMost,
                 "Heads of a rank (default: 8, 16 and 128; on the CPU 2)");
  add_whole_list(app, "--requests", options.requests, 1, kMost,
                 "Requests of a step (default: 1, 16 and 64; on the CPU 2)");
  add_whole_list(app, "--keys", options.keys, 1, kMost,
                 "Cached tokens of a request (default: 1024 and 8192; on the CPU 5)");
  add_whole(app, "--tokens", options.tokens, 1, kMost,
            "Tokens of a request in the step (default: 1)");
  add_whole(app, "--splits", options.splits, 1, kMost, "Parts of the keys (default: 4)");
  add_text(app, "--launches", "KIND", options.launches,
           "plain, the host calls each step, or graph (default: both on cuda)");
  add_whole(app, "--rounds", options.rounds, 1, kMost,
            "Batches of each variant (default: 21; on the CPU 3)");
  add_seconds(app, "--milliseconds", options.timing.milliseconds, 1e-3, 1e6,
              "About how long a batch takes")
      ->type_name("MS");
  app.footer(R"(Examples:
  layer_bench                every size on a GPU, a tiny one without
  layer_bench --heads 128 --requests 64 --keys 16384 --tokens 2 --launches graph

Exit codes: 0 timed, 1 a call failed or a variant is not what it should be,
2 bad usage, 77 the backend cannot run here.)");
}

void check(const Options& options) {
  const std::vector<std::string> kinds{kPlain, kGraph};
  if (!options.launches.empty() && std::ranges::find(kinds, options.launches) == kinds.end()) {
    throw std::invalid_argument("--launches '" + excerpt(options.launches) +
                                "': " + expected_one_of(options.launches, kinds));
  }
  for (const std::int64_t keys : options.keys) {
    if (keys >= options.tokens) continue;
    throw std::invalid_argument("--keys " + std::to_string(keys) + ": expected at least the " +
                                std::to_string(options.tokens) + " tokens of a request");
  }
}

int run(int argc, char** argv) {
  CLI::App app("Times a decode step of a layer, plain against optimised.");
  use_our_help(app, "layer_bench");
  const Choice choice(kOp);
  Options options;
  options.backend = choice.by_default();
  add_options(app, options);
  if (!parse_arguments(app, argc, argv)) return kExitPassed;
  fill_in(options);
  check(options);
  return with_backend("layer_bench", choice, options.backend, [&](Backend& backend) {
    std::printf("%s, %s; bf16, %lld tokens of a request, %lld splits; medians of %d rounds\n",
                backend.name().c_str(), backend.device().c_str(),
                static_cast<long long>(options.tokens), static_cast<long long>(options.splits),
                options.timing.rounds);
    for (const std::string& launches : launches_of(options)) run_table(options, launches, backend);
    return kExitPassed;
  });
}

}  // namespace
}  // namespace mlacheck::bench

int main(int argc, char** argv) {
  return mlacheck::bench::run_program("layer_bench",
                                      [&] { return mlacheck::bench::run(argc, argv); });
}
