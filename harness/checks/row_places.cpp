#include "harness/checks/row_places.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "harness/op/random.hpp"

namespace mlacheck {
namespace {

// The products pass 64 bits.
__extension__ using Wide = __int128;

std::int64_t scaled(std::int64_t value, std::int64_t by, std::int64_t of) {
  return static_cast<std::int64_t>(Wide{value} * by / of);
}

constexpr std::int64_t kLimit = std::int64_t{1} << 31;

std::vector<std::int64_t> rows_to_look_at(const std::set<std::int64_t>& totals, std::int64_t rows) {
  std::set<std::int64_t> wanted{0, 1, rows - 2, rows - 1};
  // The row in which an index reaches the limit, and the first one all past it.
  for (const std::int64_t total : totals) {
    for (const std::int64_t limit : {kLimit, 2 * kLimit}) {
      if (total <= limit) continue;
      const std::int64_t row = scaled(limit, rows, total);
      wanted.insert(row);
      wanted.insert(std::min(row + 1, rows - 1));
    }
  }
  for (std::uint64_t i = 0; i < 2; ++i) {
    const auto bits =
        static_cast<std::int64_t>(random_bits(static_cast<std::uint64_t>(rows), 15, i) >> 1);
    wanted.insert(bits % (rows - 1));
    wanted.insert(bits % (rows - 1) + 1);
  }
  return {wanted.begin(), wanted.end()};
}

// `count` of them, both ends among them.
std::vector<std::int64_t> some_of(const std::vector<std::int64_t>& all, std::int64_t count) {
  std::vector<std::int64_t> some;
  const std::int64_t last = std::ssize(all) - 1;
  for (std::int64_t i = 0; i < count; ++i) {
    some.push_back(all[static_cast<std::size_t>(i * last / (count - 1))]);
  }
  return some;
}

RowPlaces placed(const std::vector<std::int64_t>& at, std::int64_t origins, std::int64_t rows) {
  std::vector<RowPlaces::Place> places;
  for (std::int64_t i = 0; i < std::ssize(at); ++i) {
    places.push_back({i * origins / std::ssize(at), at[static_cast<std::size_t>(i)]});
  }
  return {std::move(places), rows};
}

// Places at the same fractions of fewer rows, all different.
std::vector<std::int64_t> moved(const std::vector<std::int64_t>& at, std::int64_t rows,
                                std::int64_t fewer) {
  std::vector<std::int64_t> result;
  std::int64_t free = 0;
  for (std::int64_t i = 0; i < std::ssize(at); ++i) {
    const std::int64_t left = std::ssize(at) - i;
    const std::int64_t row = scaled(at[static_cast<std::size_t>(i)], fewer, rows);
    result.push_back(std::clamp(row, free, fewer - left));
    free = result.back() + 1;
  }
  result.back() = fewer - 1;
  return result;
}

}  // namespace

std::optional<PlacesToLook> places_to_look(const std::set<std::int64_t>& totals, std::int64_t rows,
                                           std::int64_t origins, bool may_repeat) {
  constexpr std::int64_t kLeast = 8;
  const std::int64_t most = *totals.rbegin();
  if (most <= kLimit || rows < kLeast) return std::nullopt;
  std::vector<std::int64_t> at = rows_to_look_at(totals, rows);
  if (!may_repeat && origins < std::ssize(at)) {
    if (origins < 2) return std::nullopt;
    at = some_of(at, origins);
  }
  const std::int64_t fewer = scaled(kLimit - 1, rows, most);
  if (fewer < 2 * std::ssize(at)) return std::nullopt;
  return PlacesToLook{placed(at, origins, rows), placed(moved(at, rows, fewer), origins, fewer)};
}

std::int64_t number_in_turn(std::int64_t turn, std::int64_t count, bool chooses_blocks) {
  constexpr std::int64_t kEvery = 16;
  constexpr std::int64_t kRarely = 1024;
  constexpr std::int64_t kTurn = 8;  // not that of the other parts of K13
  const bool each_was_tried = turn / kEvery >= count;
  const std::int64_t every = !chooses_blocks && each_was_tried ? kRarely : kEvery;
  return count > 0 && turn % every == kTurn ? turn / every % count : -1;
}

}  // namespace mlacheck
