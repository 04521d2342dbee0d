#include "properties/decode_expansion/draw.hpp"

#include <algorithm>

namespace mlacheck::decode_expansion {
namespace {

// Draws the parts of a case. Most features are absent from most cases, so that each is also drawn
// without the others.
class Generator {
 public:
  Generator(Random& random, const std::vector<Tile>& tiles) : random_(random), tiles_(tiles) {}

  Fields draw() {
    draw_sizes();
    draw_lens();
    draw_seqs();
    if (random_.chance(12)) f_.device_lens = draw_device_lens(Sizes(f_).host_lens);
    if (random_.chance(50)) f_.padding = draw_padding(Sizes(f_).host_tokens);
    draw_layout();
    if (random_.chance(40)) f_.tail = Tail::poison;
    if (random_.chance(40)) f_.base = random_.log_uniform(1, 1 << 20);
    if (random_.chance(60)) f_.seed = random_.between(1, 1'000'000'000);
    return f_;
  }

 private:
  // Requests, tokens and columns multiply: at most one of them is large.
  void draw_sizes() {
    const std::int64_t large = random_.between(0, 3);
    requests_ = draw_extent(random_, tiles_, "R", large == 1 ? 260 : 9, true);
    f_.columns =
        random_.chance(3) ? 0 : draw_extent(random_, tiles_, "W", large == 2 ? 400 : 40, false);
    most_rows_ = large == 3 ? 270 : std::max<std::int64_t>(requests_, 36);
    static const Integers kLens{1, 2, 3, 4, 5, 8, 17};
    f_.decode_len = random_.chance(4) ? 0 : random_.pick(kLens);
    const std::int64_t per_request = most_rows_ / std::max<std::int64_t>(requests_, 1);
    f_.decode_len = std::min(f_.decode_len, std::max<std::int64_t>(per_request, 1));
    static const Integers kPages{1, 16, 64};
    f_.page = random_.pick(kPages);
  }

  // Adaptive verification: the device kept fewer tokens of some requests than the host reckons
  // with, and of another one, now and then, as many more as have become free.
  Integers draw_device_lens(Integers lens) {
    std::int64_t freed = 0;
    for (std::int64_t& len : lens) {
      const std::int64_t kept = random_.chance(50) ? len : random_.between(0, len);
      freed += len - kept;
      len = kept;
    }
    if (!lens.empty() && random_.chance(40)) {
      std::int64_t& lucky = lens[static_cast<std::size_t>(
          random_.between(0, static_cast<std::int64_t>(lens.size()) - 1))];
      lucky = std::min<std::int64_t>(lucky + random_.between(0, freed), 64);
    }
    return lens;
  }

  // Ragged one time in four: two thirds of [0, D] at random, or all D but for one request.
  void draw_lens() {
    if (!random_.chance(25) || requests_ == 0) return;
    Integers& lens = f_.lens;
    lens.assign(static_cast<std::size_t>(requests_), f_.decode_len);
    if (random_.chance(33)) {
      lens[static_cast<std::size_t>(random_.between(0, requests_ - 1))] =
          random_.between(0, f_.decode_len + 1);
      return;
    }
    for (std::int64_t& len : lens) {
      if (random_.chance(67)) len = random_.between(0, f_.decode_len + 1);
    }
  }

  // Next to the decode length (where clamping begins), to a page, and to the end of the table.
  void draw_seqs() {
    const std::int64_t most = f_.columns * f_.page;
    const bool short_requests = random_.chance(50);
    Integers& seqs = f_.seqs;
    for (std::int64_t r = 0; r < requests_; ++r) {
      const std::int64_t n = f_.lens.empty() ? f_.decode_len : f_.lens[static_cast<std::size_t>(r)];
      const Integers classes{
          0, 1, n - 1, n, n + 1, f_.page - 1, f_.page, f_.page + 1, most, most - f_.page, most - 1};
      std::int64_t seq = random_.log_uniform(1, std::max<std::int64_t>(most, 1));
      if (random_.chance(50)) seq = random_.pick(classes);
      if (!short_requests) seq = std::max(seq, n);
      seqs.push_back(std::clamp<std::int64_t>(seq, 0, most));
    }
    if (random_.chance(50) && requests_ > 0) {
      seqs[static_cast<std::size_t>(random_.between(0, requests_ - 1))] = most;
    }
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
      // One more than the source, and the source's row stride: widths that callers have mixed up.
      const std::int64_t gap = f_.block_table.gap;
      f_.wider = random_.pick(Integers{1, gap, gap + 1, random_.between(1, 40)});
    }
    if (random_.chance(40)) f_.spare_rows = random_.between(1, 9);
  }

  Random& random_;
  const std::vector<Tile>& tiles_;
  Fields f_;
  std::int64_t requests_ = 0;
  std::int64_t most_rows_ = 0;
};

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  return Generator(random, tiles).draw();
}

}  // namespace mlacheck::decode_expansion
