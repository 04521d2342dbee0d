// What it costs to write a product densely and then copy it, transposed, into the view that the
// caller wants, against writing into that view. docs/bench.md says how to read the tables.
//
//   transposed_view_bench [--backend cuda] [--batch N]... [--heads N]... [--launches graph]
//
// Exit code 77 if the backend is absent, 1 if a call failed or a variant is not what it should be.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "bench/comparison.hpp"
#include "harness/core/verdict.hpp"

namespace mlacheck::bench {
namespace {

const std::vector<Pair> kPairs{{"quantized_bmm", "a16wfp4", "copy", "strided"},
                               {"quantized_bmm", "fp8", "copy", "strided"},
                               {"strided_bmm", "bf16", "copy", "strided"},
                               {"strided_bmm", "bf16", "cublas_copy", "cublas"}};

struct Options {
  std::string backend;
  std::vector<std::int64_t> batches{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  std::vector<std::int64_t> heads{16, 128};
  std::int64_t depth = 512;
  std::int64_t columns = 128;
  int layers = 61;
  std::string launches;
  TimingOptions timing;
};

std::string counts(const std::optional<Cost>& cost, std::uint64_t Cost::* count) {
  return cost ? std::to_string((*cost).*count) : "-";
}

void print_header(const Pair& pair, int layers) {
  std::printf("\n### %s\n\n", pair.title().c_str());
  std::printf(
      "| batch | heads | copy us | strided us | difference us (quartiles) | copy / strided | "
      "copying launch us (quartiles) | difference x %d layers us | launches | bytes copied | calls "
      "a batch |\n",
      layers);
  std::printf("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
}

void print_row(const BmmShape& shape, const Comparison& c, int layers) {
  std::printf(
      "| %lld | %lld | %.2f | %.2f | %.2f (%.2f to %.2f) | %.3f | %.2f (%.2f to %.2f) | "
      "%.0f | %s / %s | %s / %s | %d |\n",
      static_cast<long long>(shape.batch), static_cast<long long>(shape.heads), c.copy.median,
      c.strided.median, c.difference.median, c.difference.lower_quartile,
      c.difference.upper_quartile, c.copy.median / c.strided.median, c.copy_launch.median,
      c.copy_launch.lower_quartile, c.copy_launch.upper_quartile, c.difference.median * layers,
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

std::string names_of(const std::vector<std::unique_ptr<Backend>>& backends) {
  std::string names;
  for (const auto& backend : backends) names += " " + backend->name();
  return names;
}

Options parse(int argc, char** argv, CLI::App& app, const std::string& default_backend) {
  Options options;
  options.backend = default_backend;
  const CLI::Range positive(1, 1 << 20);
  app.add_option("--backend", options.backend, "Where to run")->capture_default_str();
  app.add_option("--batch", options.batches, "Tokens of a call")->check(positive);
  app.add_option("--heads", options.heads, "Heads of a call")->check(positive);
  app.add_option("--depth", options.depth, "K; a multiple of 32")->check(positive);
  app.add_option("--columns", options.columns, "V")->check(positive);
  app.add_option("--layers", options.layers, "Calls in one step of the model")->check(positive);
  app.add_option("--launches", options.launches, "graph (default on cuda) or plain")
      ->check(CLI::IsMember({"graph", "plain"}));
  app.add_option("--rounds", options.timing.rounds, "Batches of each variant")->check(positive);
  app.add_option("--milliseconds", options.timing.milliseconds, "About how long a batch takes")
      ->check(CLI::PositiveNumber);
  app.parse(argc, argv);
  if (options.depth % 32 != 0) {
    throw std::invalid_argument("--depth " + std::to_string(options.depth) +
                                ": expected a multiple of 32");
  }
  if (options.launches.empty()) options.launches = options.backend == "cuda" ? "graph" : "plain";
  options.timing.launches = options.launches == "graph" ? Launches::graph : Launches::plain;
  return options;
}

int run(int argc, char** argv) {
  CLI::App app("Times variants that copy their product against those that do not.");
  const auto backends = make_backends();
  Options options;
  try {
    options = parse(argc, argv, app, backends.back()->name());
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitPassed : kExitUsage;
  }
  for (const auto& backend : backends) {
    if (backend->name() != options.backend) continue;
    if (const std::string reason = backend->unavailable(); !reason.empty()) {
      std::cerr << "transposed_view_bench: " << options.backend << ": " << reason << '\n';
      return kExitSkipped;
    }
    return run_pairs(options, *backend);
  }
  throw std::invalid_argument("--backend '" + options.backend + "': expected one of" +
                              names_of(backends));
}

}  // namespace
}  // namespace mlacheck::bench

int main(int argc, char** argv) {
  try {
    return mlacheck::bench::run(argc, argv);
  } catch (const std::invalid_argument& error) {
    std::cerr << "transposed_view_bench: " << error.what() << '\n';
    return mlacheck::kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "transposed_view_bench: " << error.what() << '\n';
    return mlacheck::kExitFailed;
  }
}
