// What it costs to write a product densely and then copy it, transposed, into the view that the
// caller wants, against writing into that view. docs/bench.md says how to read the tables.
//
//   transposed_view_bench [--backend cuda] [--batch N...] [--heads N...] [--launches graph]
//
// Without a GPU backend it times small products on the CPU executor: the sizes of a real model
// would take it hours.
//
// Exit code 77 if the backend is absent, 1 if a call failed or a variant is not what it should be.
#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "bench/comparison.hpp"
#include "bench/program.hpp"
#include "harness/arguments/arguments.hpp"
#include "harness/arguments/help.hpp"
#include "harness/text/text.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck::bench {
namespace {

const std::vector<Pair> kPairs{{"quantized_bmm", "a16wfp4", "copy", "strided"},
                               {"quantized_bmm", "fp8", "copy", "strided"},
                               {"strided_bmm", "bf16", "copy", "strided"},
                               {"strided_bmm", "bf16", "cublas_copy", "cublas"}};

struct Options {
  std::string backend;
  std::vector<std::int64_t> batches;  ///< empty: what suits the backend; likewise below
  std::vector<std::int64_t> heads;
  std::int64_t depth = 0;
  std::int64_t columns = 128;
  std::int64_t layers = 61;
  std::int64_t rounds = 0;
  std::string launches;
  TimingOptions timing;
};

std::string counts(const std::optional<Cost>& cost, std::uint64_t Cost::* count) {
  return cost ? std::to_string((*cost).*count) : "-";
}

void print_header(const Pair& pair, std::int64_t layers) {
  std::printf("\n### %s\n\n", pair.title().c_str());
  std::printf(
      "| batch | heads | copy us | strided us | difference us (quartiles) | copy / strided | "
      "copying launch us (quartiles) | difference x %lld layers us | launches | bytes copied | "
      "calls "
      "a batch |\n",
      static_cast<long long>(layers));
  std::printf("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
}

void print_row(const BmmShape& shape, const Comparison& c, std::int64_t layers) {
  std::printf(
      "| %lld | %lld | %.2f | %.2f | %.2f (%.2f to %.2f) | %.3f | %.2f (%.2f to %.2f) | "
      "%.0f | %s / %s | %s / %s | %d |\n",
      static_cast<long long>(shape.batch), static_cast<long long>(shape.heads), c.copy.median,
      c.strided.median, c.difference.median, c.difference.lower_quartile,
      c.difference.upper_quartile, c.copy.median / c.strided.median, c.copy_launch.median,
      c.copy_launch.lower_quartile, c.copy_launch.upper_quartile,
      c.difference.median * static_cast<double>(layers),
      counts(c.copy_cost, &Cost::launches).c_str(), counts(c.strided_cost, &Cost::launches).c_str(),
      counts(c.copy_cost, &Cost::bytes_copied).c_str(),
      counts(c.strided_cost, &Cost::bytes_copied).c_str(), c.calls);
  std::fflush(stdout);  // a run that is cut short keeps what it has
}

int run_pairs(const Options& options, Backend& backend) {
  std::printf("%s, %s; K = %lld, V = %lld, bf16 output; %s launches, medians of %d rounds\n",
              backend.name().c_str(), backend.device().c_str(),
              static_cast<long long>(options.depth), static_cast<long long>(options.columns),
              options.launches.c_str(), options.timing.rounds);
  for (const Pair& pair : kPairs) {
    if (const std::string reason = reason_to_skip(pair, backend); !reason.empty()) {
      std::printf("\n%s: skipped, %s\n", pair.title().c_str(), reason.c_str());
      continue;
    }
    print_header(pair, options.layers);
    for (const std::int64_t heads : options.heads) {
      for (const std::int64_t batch : options.batches) {
        const BmmShape shape{batch, heads, options.depth, options.columns};
        print_row(shape, compare(pair, shape, backend, options.timing), options.layers);
        backend.trim();
      }
    }
  }
  return kExitPassed;
}

// What was not asked for, by what the backend does in seconds.
void fill_in(Options& options) {
  const bool cpu = is_cpu(options.backend);
  if (options.batches.empty()) {
    options.batches = cpu ? std::vector<std::int64_t>{1, 4}
                          : std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  }
  if (options.heads.empty()) {
    options.heads = cpu ? std::vector<std::int64_t>{2} : std::vector<std::int64_t>{16, 128};
  }
  if (options.depth == 0) options.depth = cpu ? 64 : 512;
  if (options.rounds == 0) options.rounds = cpu ? 5 : 21;
  if (options.launches.empty()) options.launches = options.backend == "cuda" ? "graph" : "plain";
  options.timing.rounds = static_cast<int>(options.rounds);
  options.timing.launches = options.launches == "graph" ? Launches::graph : Launches::plain;
}

// A build without nvcc has the cuda backend for kernels of others only.
void add_options(CLI::App& app, Options& options) {
  constexpr std::int64_t kMost = 1 << 20;
  add_text(app, "--backend", "BACKEND", options.backend,
           "Where to run (default: a GPU backend if this build has one, else cpu.w32)");
  add_whole_list(app, "--batch", options.batches, 1, kMost,
                 "Tokens of a call (default: 1 to 1024 in powers of two; on the CPU 1 and 4)");
  add_whole_list(app, "--heads", options.heads, 1, kMost,
                 "Heads of a call (default: 16 and 128; on the CPU 2)");
  add_whole(app, "--depth", options.depth, 1, kMost,
            "K, a multiple of 32 (default: 512; on the CPU 64)");
  add_whole(app, "--columns", options.columns, 1, kMost, "V (default: 128)");
  add_whole(app, "--layers", options.layers, 1, kMost,
            "Calls in one step of the model (default: 61)");
  add_text(app, "--launches", "KIND", options.launches, "graph (default on cuda) or plain");
  add_whole(app, "--rounds", options.rounds, 1, kMost,
            "Batches of each variant (default: 21; on the CPU 5)");
  add_seconds(app, "--milliseconds", options.timing.milliseconds, 1e-3, 1e6,
              "About how long a batch takes")
      ->type_name("MS");
  app.footer(R"(Examples:
  transposed_view_bench      every size on a GPU, small ones without
  transposed_view_bench --batch 64 256 --heads 128 --rounds 101
  transposed_view_bench --backend cpu.w32 --batch 1 16 --heads 2 --depth 128

Exit codes: 0 timed, 1 a call failed or a variant is not what it should be,
2 bad usage, 77 the backend cannot run here.)");
}

int run(int argc, char** argv) {
  CLI::App app("Times variants that copy their product against those that do not.");
  use_our_help(app, "transposed_view_bench");
  const Choice choice(kPairs.front().op);
  Options options;
  options.backend = choice.by_default();
  add_options(app, options);
  if (!parse_arguments(app, argc, argv)) return kExitPassed;
  fill_in(options);
  const std::vector<std::string> kinds{"graph", "plain"};
  if (options.launches != kinds[0] && options.launches != kinds[1]) {
    throw std::invalid_argument("--launches '" + excerpt(options.launches) +
                                "': " + expected_one_of(options.launches, kinds));
  }
  if (options.depth % 32 != 0) {
    throw std::invalid_argument("--depth " + std::to_string(options.depth) +
                                ": expected a multiple of 32");
  }
  return with_backend("transposed_view_bench", choice, options.backend,
                      [&](Backend& backend) { return run_pairs(options, backend); });
}

}  // namespace
}  // namespace mlacheck::bench

int main(int argc, char** argv) {
  return mlacheck::bench::run_program("transposed_view_bench",
                                      [&] { return mlacheck::bench::run(argc, argv); });
}
