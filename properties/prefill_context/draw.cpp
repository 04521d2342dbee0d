#include <algorithm>
#include <utility>

#include "properties/prefill_context/fields.hpp"
#include "reference/prefill_context/schedule.hpp"

namespace mlacheck::prefill_context {
namespace {

// The classes of a batch: no context, exhausted in an early chunk, next to the ends of chunks, of tiles
// and of rounds of the ranks.
std::int64_t draw_context(Random& random, const std::vector<Tile>& tiles, const Fields& f) {
  switch (random.between(0, 5)) {
    case 0:
      return 0;
    case 1:
      return random.between(1, 3);
    case 2:
      return std::max<std::int64_t>(0, f.chunk * random.between(1, 4) + random.between(-1, 1));
    case 3:
      return std::max<std::int64_t>(
          0, f.ranks * f.interleave * random.between(1, 3) + random.between(-1, 1));
    default:
      return draw_extent(random, tiles, "keys", 40, true);
  }
}

void draw_requests(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  f.requests.resize(static_cast<std::size_t>(random.between(0, 4)));
  for (Request& request : f.requests) {
    request.tokens = random.chance(10) ? 0 : random.log_uniform(1, random.chance(10) ? 20 : 5);
    request.context = std::min<std::int64_t>(draw_context(random, tiles, f), 10 * f.chunk);
  }
  // Else nearly every batch has a request that some chunk has nothing of.
  if (!f.requests.empty() && random.chance(25)) {
    for (Request& request : f.requests) request.context = f.requests.front().context;
  }
  // Schedulers put requests with context first; the contract asks only that C covers them.
  if (random.chance(60)) {
    std::stable_partition(f.requests.begin(), f.requests.end(),
                          [](const Request& request) { return request.context > 0; });
  }
}

// A captured step serves every context up to the most that it was made for, for all of its tokens. In
// pages of many tokens a context may have other lengths in the same cache.
void draw_capture(Random& random, Fields& f) {
  constexpr std::int64_t kMostChunks = 16;
  Fields captured = f;
  captured.context_rows = ContextRows::all;
  if (random.chance(50)) captured.page = 128;
  captured.most_context = f.parameters().max_context + random.between(0, 3 * f.chunk);
  if (chunk_count(captured.parameters()) <= kMostChunks) f = std::move(captured);
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  f.dtype = random.pick<DType>({DType::f32, DType::bf16, DType::f16});
  f.heads = draw_extent(random, tiles, "H", random.chance(90) ? 6 : 9, false);
  f.latent = draw_extent(random, tiles, "latent", random.chance(90) ? 12 : 70, false);
  f.nope = random.pick<std::int64_t>({0, 1, 2, 5, 8, 16});
  f.rope = random.pick<std::int64_t>({0, 1, 2, 6, 8});
  if (f.depth() == 0) f.nope = 1;
  f.width = random.chance(3) ? 0 : random.pick<std::int64_t>({1, 2, 3, 8, 12, 16, 20, 40});
  f.page = random.pick<std::int64_t>({1, 1, 2, 3, 16, random.chance(50) ? 32 : 128});
  f.chunk = random.pick<std::int64_t>({1, 2, 3, 4, 7, 8, 16, 64});
  if (random.chance(60)) {
    f.ranks = random.between(2, 4);
    f.interleave = random.pick<std::int64_t>({1, 1, 2, 3, 8});
    if (random.chance(10)) {
      f.ranks = random.pick<std::int64_t>({5, 8, 9, 16, 17, 33, 64});
      f.interleave = 1;
    }
  }
  draw_requests(random, tiles, f);
  while (f.requests.size() > 1 && work_of(f) > 1e5) f.requests.pop_back();
  if (random.chance(30)) f.context_rows = ContextRows::all;
  if (random.chance(25)) draw_capture(random, f);
  f.values = random.pick(EnumNames<Values>::values());
  if (random.chance(30)) f.scale = random.pick<double>({0.0721688, -0.0625, 0});
  f.seed = random.between(0, 1 << 30);
  if (random.chance(50)) f.spare_pages = random.between(1, 2);
  if (random.chance(50)) f.spare_columns = random.between(1, 4);
  if (random.chance(50)) f.placement = random.between(1, 999);
  field_table().draw_layouts(random, f);
  return f;
}

}  // namespace mlacheck::prefill_context
