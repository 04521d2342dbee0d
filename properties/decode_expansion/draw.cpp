#include <algorithm>

#include "properties/decode_expansion/fields.hpp"

namespace mlacheck::decode_expansion {
namespace {

// Draws the parts of a case. Most features are absent from most cases, so that each is also drawn
// without the others.
class Generator {
 public:
  Generator(Random& random, const std::vector<Tile>& tiles) : random_(random), tiles_(tiles) {}

  Fields draw() {
    draw_sizes();
    draw_tokens();
    draw_lengths();
    if (random_.chance(12)) f_.device_tokens = draw_device_tokens(Sizes(f_).host_lens);
    if (random_.chance(50)) f_.padding = draw_padding(Sizes(f_).host_tokens);
    draw_layout();
    if (random_.chance(40)) f_.block_table_tail = Tail::poison;
    if (random_.chance(40)) f_.base = random_.log_uniform(1, 1 << 20);
    if (random_.chance(60)) f_.seed = random_.between(1, 1'000'000'000);
    return f_;
  }

 private:
  // Requests, tokens and columns multiply: at most one of them is large.
  void draw_sizes() {
    const std::int64_t large = random_.between(0, 3);
    const std::int64_t requests = draw_extent(random_, tiles_, "R", large == 1 ? 260 : 9, true);
    f_.columns =
        random_.chance(3) ? 0 : draw_extent(random_, tiles_, "W", large == 2 ? 400 : 40, false);
    most_rows_ = large == 3 ? 270 : std::max<std::int64_t>(requests, 36);
    static const Integers kPages{1, 16, 64};
    f_.page = random_.pick(kPages);
    static const Integers kTokens{1, 2, 3, 4, 5, 8, 17};
    const std::int64_t tokens = random_.chance(4) ? 0 : random_.pick(kTokens);
    const std::int64_t most_tokens = most_rows_ / std::max<std::int64_t>(requests, 1);
    const std::int64_t per_request = std::min(tokens, std::max<std::int64_t>(most_tokens, 1));
    f_.requests.assign(static_cast<std::size_t>(requests), Request{.tokens = per_request});
  }

  // Adaptive verification: the device keeps fewer tokens of some requests than the host counts on.
  // Sometimes it gives one request as many more as have become free.
  Integers draw_device_tokens(Integers tokens) {
    std::int64_t freed = 0;
    for (std::int64_t& n : tokens) {
      const std::int64_t kept = random_.chance(50) ? n : random_.between(0, n);
      freed += n - kept;
      n = kept;
    }
    if (!tokens.empty() && random_.chance(40)) {
      std::int64_t& lucky =
          tokens[static_cast<std::size_t>(random_.between(0, std::ssize(tokens) - 1))];
      lucky = std::min(lucky + random_.between(0, freed), kMostTokens);
    }
    return tokens;
  }

  Request& any_request() {
    return f_.requests[static_cast<std::size_t>(random_.between(0, std::ssize(f_.requests) - 1))];
  }

  // Ragged one time in four: two thirds of the requests have any number of tokens up to one more
  // than the others, or one request has.
  void draw_tokens() {
    if (!random_.chance(25) || f_.requests.empty()) return;
    const std::int64_t most = f_.requests.front().tokens + 1;
    if (random_.chance(33)) {
      const std::int64_t tokens = random_.between(0, most);
      any_request().tokens = tokens;
      return;
    }
    for (Request& request : f_.requests) {
      if (random_.chance(67)) request.tokens = random_.between(0, most);
    }
  }

  // Next to the tokens of the step (where clamping begins), to a page, and to the end of the table.
  void draw_lengths() {
    const std::int64_t most = f_.columns * f_.page;
    const bool short_requests = random_.chance(50);
    for (Request& request : f_.requests) {
      const std::int64_t n = request.tokens;
      const Integers classes{
          0, 1, n - 1, n, n + 1, f_.page - 1, f_.page, f_.page + 1, most, most - f_.page, most - 1};
      std::int64_t length = random_.log_uniform(1, std::max<std::int64_t>(most, 1));
      if (random_.chance(50)) length = random_.pick(classes);
      if (!short_requests) length = std::max(length, n);
      request.length = std::clamp<std::int64_t>(length, 0, most);
    }
    if (random_.chance(50) && !f_.requests.empty()) any_request().length = most;
  }

  // A few rows, up to a multiple of 8 (captured graph sizes), or up to a tile.
  std::int64_t draw_padding(std::int64_t tokens) {
    const std::int64_t kind = random_.between(0, 2);
    if (kind == 0) return random_.between(1, 5);
    if (kind == 1) return ceil_div(tokens + 1, 8) * 8 - tokens;
    const std::int64_t target = draw_extent(random_, tiles_, "T", most_rows_ + 8, false);
    return std::max<std::int64_t>(target - tokens, 0);
  }

  void draw_layout() {
    field_table().draw_layouts(random_, f_);
    if (random_.chance(50)) {
      // One column more than the source, or as many as fill the source's row stride: callers have
      // mixed these widths up.
      const std::int64_t gap = f_.block_table.gap;
      f_.spare_columns = random_.pick(Integers{1, gap, gap + 1, random_.between(1, 40)});
    }
    if (random_.chance(40)) f_.spare_rows = random_.between(1, 9);
  }

  Random& random_;
  const std::vector<Tile>& tiles_;
  Fields f_;
  std::int64_t most_rows_ = 0;
};

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  return Generator(random, tiles).draw();
}

}  // namespace mlacheck::decode_expansion
