#include "tests/equivalences/layer_parts.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mlacheck::equivalences {
namespace {

template <class Fields>
void at_most_requests(Fields& f, std::size_t most) {
  if (f.requests.size() > most) f.requests.resize(most);
}

void small_sizes(std::int64_t& heads, std::int64_t& latent, std::int64_t& page) {
  at_most(heads, 5);
  at_most(latent, 40);
  at_most(page, 8);
}

}  // namespace

Part of_decode(std::function<void(Decode&, Random&)> fit, std::function<bool(Trial&)> holds) {
  return part_of(decode_step::field_table(), std::move(fit), std::move(holds));
}

Part of_prefill(std::function<void(Prefill&, Random&)> fit, std::function<bool(Trial&)> holds) {
  return part_of(prefill_context::field_table(), std::move(fit), std::move(holds));
}

Part of_attention(std::function<void(Attention&, Random&)> fit, std::function<bool(Trial&)> holds) {
  return part_of(mla_decode::field_table(), std::move(fit), std::move(holds));
}

Part by_bounds(Part part) {
  part.by_bounds = true;
  return part;
}

Part only(std::string variant, Part part) {
  part.variant = std::move(variant);
  return part;
}

void small_step(Decode& f, Random& random) {
  at_most_requests(f, 4);
  f.device_tokens.resize(std::min(f.device_tokens.size(), f.requests.size()));
  small_sizes(f.heads, f.latent, f.page);
  at_most(f.nope, 20);
  at_least(f.nope, f.rope > 0 ? 0 : 1);
  at_most(f.width, 20);
  at_least(f.width, 1);
  for (decode_step::Request& request : f.requests) {
    at_most(request.tokens, 5);
    at_most(request.length, 24);
  }
  for (std::int64_t& tokens : f.device_tokens) at_most(tokens, 5);
  const decode_step::Integers lens = f.device_lens();
  if (std::all_of(lens.begin(), lens.end(), [](std::int64_t n) { return n == 0; })) {
    f.requests = {{random.between(1, 3), random.between(3, 20)}};
    f.device_tokens.clear();
  }
  std::int64_t rows = 0;
  for (const std::int64_t n : f.device_lens()) rows += n;
  f.padding = std::max(f.padding, rows - (f.tokens() - f.padding));
  at_most(f.padding, 8 + rows);
}

void small_step(Prefill& f, Random& random) {
  at_most_requests(f, 3);
  small_sizes(f.heads, f.latent, f.page);
  at_most(f.nope, 20);
  at_least(f.nope, f.rope > 0 ? 0 : 1);
  at_most(f.width, 20);
  at_least(f.width, 1);
  for (prefill_context::Request& request : f.requests) {
    at_most(request.tokens, 5);
    at_most(request.context, 24);
  }
  if (f.tokens() == 0 || f.parameters().context_tokens == 0) {
    f.requests = {{random.between(1, 4), random.between(2, 20)}, {1, 0}};
  }
}

void small_step(Attention& f, Random& random) {
  at_most_requests(f, 4);
  small_sizes(f.heads, f.latent, f.page);
  for (mla_decode::Request& request : f.requests) {
    at_most(request.tokens, 5);
    at_most(request.length, 24);
  }
  const bool any = std::any_of(f.requests.begin(), f.requests.end(), [](const auto& request) {
    return request.tokens > 0 && request.length > 0;
  });
  if (!any) f.requests = {{random.between(1, 3), random.between(3, 20)}};
  // Rows of one key, which some of these have, do not go with the smallest scales.
  const double scale = std::fabs(f.scale_factor());
  if (scale > 0 && scale <= 1e-3) f.scale = mla_decode::kInverseRoot;
}

void whole_lengths(Decode& f) {
  const decode_step::Integers lens = f.device_lens();
  for (std::size_t r = 0; r < lens.size(); ++r) at_least(f.requests[r].length, lens[r]);
}

}  // namespace mlacheck::equivalences
