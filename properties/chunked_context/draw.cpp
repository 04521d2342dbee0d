#include <algorithm>

#include "properties/chunked_context/fields.hpp"

namespace mlacheck::chunked_context {
namespace {

// Mandatory members of a batch: no context, exhausted after the first chunk, present in all but the
// last, present in all.
std::vector<Request> draw_requests(Random& random, std::int64_t chunks) {
  const std::vector<std::int64_t> contexts{0, 1, chunks - 1, chunks, random.between(0, chunks)};
  std::vector<Request> requests(static_cast<std::size_t>(random.between(1, 4)));
  for (Request& request : requests) {
    request.tokens = random.log_uniform(1, 9) - (random.chance(10) ? 1 : 0);
    request.context = random.pick(contexts);
  }
  // Schedulers put requests with context first. The contract asks only that C covers all of them.
  if (random.chance(60)) {
    std::stable_partition(requests.begin(), requests.end(),
                          [](const Request& request) { return request.context > 0; });
  }
  return requests;
}

void draw_sizes(Random& random, const std::vector<Tile>& tiles, Fields& f) {
  static const std::vector<std::int64_t> kWidths{32, 48, 64, 96, 128, 192, 256, 512};
  static const std::vector<std::int64_t> kChunks{1, 2, 2, 3, 3, 4, 4, 5, 8, 16, 17, 33};
  f.chunks = random.pick(kChunks);
  f.heads = draw_extent(random, tiles, "H", 20, random.chance(10));
  f.width = random.chance(30) ? random.pick(kWidths) : draw_extent(random, tiles, "V", 300, true);
  f.requests = draw_requests(random, f.chunks);
  const std::int64_t budget = random.chance(2) ? 100000 : 10000;
  const auto work = [&] { return f.shape().tokens * f.heads * f.width * f.chunks; };
  while (f.heads > 1 && work() > budget) f.heads /= 2;
  while (f.requests.size() > 1 && work() > budget) f.requests.pop_back();
  if (random.chance(30)) f.context_rows = ContextRows::all;
  f.suffix_empty = random.chance(20);
}

void draw_values(Random& random, Fields& f) {
  f.dtype = random.pick<DType>({DType::f32, DType::f16, DType::bf16});
  f.values = random.pick(EnumNames<ValueClass>::values());
  f.lse = random.pick(EnumNames<LseClass>::values());
  if (!no_agreed_answer(f.values, f.lse).empty()) f.lse = LseClass::near;
  if (random.chance(40)) f.lse_empty = random.pick(EnumNames<EmptyLse>::values());
  f.seed = random.between(0, 1 << 30);
}

}  // namespace

Fields draw_fields(Random& random, const std::vector<Tile>& tiles) {
  Fields f;
  draw_sizes(random, tiles, f);
  draw_values(random, f);
  field_table().draw_layouts(random, f);
  f.chunk_layouts = random.pick(EnumNames<ChunkLayouts>::values());
  return f;
}

}  // namespace mlacheck::chunked_context
