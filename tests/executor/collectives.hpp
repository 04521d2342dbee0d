// What tests/executor's kernel `collectives` has to give, from the definitions of the collectives.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace mlacheck::executor_test {

inline constexpr std::size_t kCollectiveResults = 20;

/// The results of one thread of a block whose threads have the values `in`.
inline std::array<float, kCollectiveResults> expected_collectives(const std::vector<float>& in,
                                                                  int thread, int width) {
  const int lane = thread % width;
  const auto of = [&](int source) {
    const int place = thread - lane + source;
    return in.at(static_cast<std::size_t>(place));
  };
  const bool odd = lane % 2 == 1;
  const int half = width / 2;
  const int sum_of_lanes = width * (width - 1) / 2;
  return {of((lane + 3) % width),
          of(lane / 8 * 8 + 5),
          of(lane < 2 ? lane : lane - 2),
          of(lane % 16 < 3 ? lane : lane - 3),
          of(lane + 2 >= width ? lane : lane + 2),
          of(lane % 16 + 3 >= 16 ? lane : lane + 3),
          of(lane % 2 == 0 ? lane + 1 : lane - 1),
          of(lane % 16 < 8 ? lane : lane - 8),
          7.0f,
          4.5f,
          lane % 3 == 0 ? 1.0f : 0.0f,
          5.0f,
          static_cast<float>(sum_of_lanes - 20 * width),
          static_cast<float>(-20 + 1000 * (width - 21)),
          static_cast<float>(width + 6),
          odd ? static_cast<float>(half) : -1.0f,
          odd ? 6.0f : -1.0f,
          odd ? -6.0f : -1.0f,
          odd ? 1.0f : -1.0f,
          odd ? 1.0f : -1.0f};
}

}  // namespace mlacheck::executor_test
