#include <algorithm>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/amd/capi/object.hpp"
#include "harness/amd/dispatch/dispatch.hpp"
#include "harness/amd/dispatch/kernarg.hpp"
#include "harness/amd/memory/allocations.hpp"
#include "harness/amd/memory/watch.hpp"

namespace mlacheck::amd {
namespace {

using Range = Allocations::Range;

// Arrays may overlap, or be views of one another; a set of allocations may not.
std::vector<Range> united(std::span<const mlacheck_amd_range> given) {
  std::vector<Range> ranges;
  for (const mlacheck_amd_range& range : given) {
    if (range.bytes == 0) continue;
    const auto begin = reinterpret_cast<std::uint64_t>(range.begin);
    if (begin == 0 || begin + range.bytes < begin) {
      throw std::invalid_argument("range of " + std::to_string(range.bytes) + " bytes at address " +
                                  std::to_string(begin) + ": expected memory of the process");
    }
    ranges.push_back({begin, begin + range.bytes});
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::vector<Range> apart;
  for (const Range& range : ranges) {
    if (!apart.empty() && range.begin <= apart.back().end) {
      apart.back().end = std::max(apart.back().end, range.end);
    } else {
      apart.push_back(range);
    }
  }
  return apart;
}

std::vector<WatchedRange> watched(std::span<const mlacheck_amd_range> given) {
  std::vector<WatchedRange> ranges;
  for (const mlacheck_amd_range& range : given) {
    const int counters = (range.stores != nullptr ? 1 : 0) + (range.last_wave != nullptr ? 1 : 0) +
                         (range.unwritten_loads != nullptr ? 1 : 0);
    if (counters == 0) continue;
    if (counters != 3 || range.element_bytes == 0) {
      throw std::invalid_argument(
          "watched range: expected all three counters and a size of elements");
    }
    ranges.push_back({reinterpret_cast<std::uint64_t>(range.begin), range.bytes,
                      range.element_bytes, range.stores, range.last_wave, range.unwritten_loads});
  }
  return ranges;
}

std::vector<std::byte> argument_block(const Launch& launch, std::span<const std::byte> given) {
  std::vector<const void*> values;
  std::vector<std::byte> none(sizeof(std::uint64_t));
  for (const Kernel::Argument& argument : launch.kernel->arguments) {
    if (argument.kind.starts_with("hidden_")) continue;
    if (std::size_t{argument.offset} + argument.size > given.size()) {
      throw std::invalid_argument("argument block of " + std::to_string(given.size()) +
                                  " bytes: argument '" + argument.name + "' ends at byte " +
                                  std::to_string(argument.offset + argument.size));
    }
    values.push_back(given.data() + argument.offset);
  }
  std::vector<std::byte> block = kernarg_block(launch, values.data());
  // A kernel may have bytes that its metadata do not name.
  std::size_t named = 0;
  for (const Kernel::Argument& argument : launch.kernel->arguments) {
    named = std::max(named, std::size_t{argument.offset} + argument.size);
  }
  if (given.size() > block.size()) block.resize(given.size());
  for (std::size_t i = named; i < given.size(); ++i) block[i] = given[i];
  return block;
}

std::int32_t run(const mlacheck_amd_launch_arguments& given) {
  Launch launch;
  launch.kernel = &kernel_at(*given.object, given.kernel);
  std::copy_n(given.grid, 3, launch.blocks.begin());
  std::copy_n(given.block, 3, launch.threads.begin());
  launch.dynamic_lds = given.dynamic_lds;
  const std::vector<std::byte> block = argument_block(
      launch, {static_cast<const std::byte*>(given.arguments), given.argument_bytes});
  launch.kernarg = block;
  if (given.wave_order > 2) {
    throw std::invalid_argument("wave order " + std::to_string(given.wave_order) +
                                ": expected 0 to 2");
  }
  launch.wave_order = static_cast<WaveOrder>(given.wave_order);
  if (given.checks > 15) {
    throw std::invalid_argument("checks " + std::to_string(given.checks) + ": expected 0 to 15");
  }
  launch.checks.undefined = (given.checks & MLACHECK_AMD_UNDEFINED) != 0;
  launch.checks.waits = (given.checks & MLACHECK_AMD_WAITS) != 0;
  launch.checks.hazards = (given.checks & MLACHECK_AMD_HAZARDS) != 0;
  launch.checks.races = (given.checks & MLACHECK_AMD_RACES) != 0;

  const std::span<const mlacheck_amd_range> ranges(given.ranges, given.range_count);
  Watch watch(watched(ranges));
  Allocations allocations;
  for (const Range& range : united(ranges)) allocations.add(range.begin, range.end - range.begin);
  if (!watch.empty()) allocations.watch(&watch);
  std::optional<std::uint64_t> seed;
  if (given.order_seed >= 0) seed = static_cast<std::uint64_t>(given.order_seed);
  const auto fault = dispatch(launch, allocations, seed);
  if (!fault) return MLACHECK_AMD_OK;
  last_error() = fault->text;
  return MLACHECK_AMD_FAULT;
}

}  // namespace
}  // namespace mlacheck::amd

std::int32_t mlacheck_amd_launch(const mlacheck_amd_launch_arguments* launch) {
  try {
    return mlacheck::amd::run(*launch);
  } catch (const std::exception& error) {
    mlacheck::amd::last_error() = error.what();
    return MLACHECK_AMD_BAD_INPUT;
  }
}
