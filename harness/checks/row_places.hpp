// Where to look at a problem of many rows: at both ends, next to the limits of 32 bits, and elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "harness/op/rows.hpp"

namespace mlacheck {

struct PlacesToLook {
  RowPlaces many;
  RowPlaces fewer;  ///< the same rows among so few that no total reaches 2^31
};

/// For `rows` rows, over which indices run up to each of `totals`: rows, elements, bytes, threads.
/// `origins` rows of the problem stand in them, one several times where they may repeat. Nothing if no
/// total passes 2^31, or too few rows keep all of them below.
std::optional<PlacesToLook> places_to_look(const std::set<std::int64_t>& totals, std::int64_t rows,
                                           std::int64_t origins, bool may_repeat);

/// Which of `count` ways to have many rows a case tries, by its number; -1: none. Chosen blocks take tens
/// of milliseconds. All blocks of 2^32 rows take a second of the whole device: there a row of a sweep
/// tries each way once, and a few more in long runs.
std::int64_t number_in_turn(std::int64_t turn, std::int64_t count, bool chooses_blocks);

}  // namespace mlacheck
