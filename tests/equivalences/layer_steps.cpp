// L6: steps into the same memory, as an engine has them.
#include <algorithm>
#include <numeric>

#include "harness/op/relation.hpp"
#include "reference/decode_step/parameters.hpp"
#include "tests/equivalences/kept_memory.hpp"
#include "tests/equivalences/layer_parts.hpp"
#include "tests/equivalences/layer_problems.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

std::int64_t pages_of(const Decode& f, std::int64_t length) {
  return (length + f.page - 1) / f.page;
}

// Of as many pages as there may be spare columns.
std::int64_t most_length(const Decode& f) { return std::min<std::int64_t>(24, 16 * f.page); }

// Both steps get tables and caches of the same sizes.
void make_room(Decode& a, Decode& b) {
  const auto sizes = [](const Decode& f) {
    std::int64_t used = 0;
    std::int64_t widest = 0;
    for (const decode_step::Request& request : f.requests) {
      used += pages_of(f, request.length);
      widest = std::max(widest, pages_of(f, request.length));
    }
    return std::pair(used, widest);
  };
  const auto [a_used, a_widest] = sizes(a);
  const auto [b_used, b_widest] = sizes(b);
  const std::int64_t pages = std::max(a_used, b_used) + 1;
  const std::int64_t columns = std::max(a_widest, b_widest);
  a.spare_pages = pages - a_used;
  b.spare_pages = pages - b_used;
  a.spare_columns = columns - a_widest;
  b.spare_columns = columns - b_widest;
}

// The scalars of `captured`, which a graph keeps.
void keep_scalars(Problem& next, const Problem& captured) {
  next.integers = captured.integers;
  next.reals = captured.reals;
}

// The next step of a batch of the same size: other contents, lengths and pages, and, unless the graph was
// captured for equal lengths, other tokens of each request.
Decode next_of(const Decode& f, Random& random) {
  Decode next = f;
  next.seed = (f.seed + 1) % (1 << 30);
  next.placement = f.placement + 1;
  const decode_step::Integers lens = f.host_lens();
  const bool exact = f.parameters().lens_exact;
  std::int64_t rows = f.tokens();
  for (std::size_t r = 0; r < lens.size(); ++r) {
    next.requests[r].length = random.between(0, most_length(f));
    if (exact) continue;
    next.device_tokens.resize(lens.size());
    next.device_tokens[r] = random.between(0, std::min<std::int64_t>(rows, 5));
    rows -= next.device_tokens[r];
  }
  return next;
}

// Lengths of the step before, where the cache has as many keys.
void keep_shorter_lengths(Problem& next, const Problem& before) {
  std::vector<std::uint32_t>& lengths = next.operand("seq_lens").bits;
  for (std::size_t r = 0; r < lengths.size(); ++r) {
    lengths[r] = std::min(lengths[r], before.operand("seq_lens").bits[r]);
  }
}

bool replay_equals_eager(Trial& trial, bool keeps_lengths) {
  const auto& table = decode_step::field_table();
  Decode now = table.fields(trial.the_case());
  Decode later = next_of(now, trial.random());
  make_room(now, later);
  const Problem first = trial.materialise(table.to_case(now));
  Problem next = trial.materialise(table.to_case(later));
  keep_scalars(next, first);
  const Run eager = trial.run(first, "the captured step, eager");
  const Run fresh = trial.run(next, "the next step, eager");
  KeptMemory graph(trial, first);
  trial.expect_same(eager, graph.again(first, "replay"), "replay");
  Problem filled = next;
  if (keeps_lengths) keep_shorter_lengths(filled, first);
  graph.refill(filled);
  trial.expect_same(fresh, graph.again(filled, "replay of the next step"),
                    "replay of the next step");
  graph.refill(first);
  trial.expect_same(eager, graph.again(first, "replay of the first step"),
                    "replay of the first step");
  return true;
}

struct Rejection {
  Problem never;  ///< the next step, as if the drafts had never been there
  Problem after;  ///< the same, what the drafts left still in the cache
};

// Of the tokens of a step the first `kept` of each request stay. The next step has other ones in place of
// some of those behind them.
Rejection reject_drafts(const Problem& drafted, const Problem& other, Random& random,
                        bool counts_rejected) {
  Rejection rejection{drafted, drafted};
  const decode_step::Operands was{drafted};
  const decode_step::Operands o{rejection.never};
  const Integers lens = entries_of(was.decode_lens());
  const Integers lengths = entries_of(was.seq_lens());
  const PagedRows cache(was.kv(), was.block_table());
  Integers next_lens(lens.size(), 0);
  Integers next_lengths(lens.size(), 0);
  o.kv().cells.resize(o.kv().bits.size(), Cell::live);
  Operand& stale = decode_step::Operands{rejection.after}.kv();
  for (std::size_t r = 0; r < lens.size(); ++r) {
    if (lens[r] == 0 || lengths[r] < lens[r]) continue;
    const std::int64_t before = lengths[r] - lens[r] + random.between(1, lens[r]);
    next_lens[r] = random.between(0, lengths[r] - before);
    next_lengths[r] = before + next_lens[r];
    for (std::int64_t i = before; i < lengths[r]; ++i) {
      const std::size_t at = cache.row_of(static_cast<std::int64_t>(r), i);
      for (std::size_t c = at; c < at + static_cast<std::size_t>(cache.columns()); ++c) {
        if (i >= next_lengths[r]) {
          o.kv().cells[c] = Cell::dead;
          continue;
        }
        o.kv().bits[c] = other.operand("kv").bits[c];
        stale.bits[c] = other.operand("kv").bits[c];
      }
    }
  }
  const Integers starts = running_sums(next_lens);
  for (Problem* problem : {&rejection.never, &rejection.after}) {
    const decode_step::Operands next{*problem};
    set_entries(next.decode_lens(), next_lens);
    set_entries(next.seq_lens(), next_lengths);
    set_entries(next.query_start_loc(), Integers(starts.begin(), starts.end() - 1));
    for (const char* name : {"decode_lens", "seq_lens", "query_start_loc"}) {
      problem->operand(name).layout = drafted.operand(name).layout;
    }
    // Other queries, and NaN in the rows that are nobody's now.
    for (const char* name : {"q_nope", "q_rope"}) {
      Operand& q = problem->operand(name);
      const std::int64_t elements = q.layout.shape[1] * q.layout.shape[2];
      for (std::int64_t i = 0; i < std::ssize(q.bits); ++i) {
        const auto at = static_cast<std::size_t>(i);
        q.bits[at] = i < starts.back() * elements
                         ? other.operand(name).bits[at]
                         : encode(q.dtype, std::numeric_limits<double>::quiet_NaN());
      }
    }
  }
  if (counts_rejected) {
    set_entries(decode_step::Operands{rejection.after}.seq_lens(), lengths);
    decode_step::Operands{rejection.after}.seq_lens().layout = was.seq_lens().layout;
  }
  return rejection;
}

std::function<bool(Trial&)> rejected_equals_never(bool counts_rejected) {
  return [counts_rejected](Trial& trial) {
    const Problem& drafted = trial.problem();
    Case reseeded = trial.the_case();
    reseeded.set("seed", (reseeded.integer("seed") + 1) % (1 << 30));
    const Problem other = trial.materialise(reseeded);
    Rejection rejection = reject_drafts(drafted, other, trial.random(), counts_rejected);
    const Run never = trial.run(rejection.never, "never drafted");
    KeptMemory memory(trial, drafted);
    trial.accept(memory.again(drafted, "drafts"), "drafts");
    memory.refill(rejection.after);
    trial.expect_same(never, memory.again(rejection.after, "rejected"), "drafts rejected");
    return true;
  };
}

Part replay_part(bool keeps_lengths) {
  const auto fit = [](Decode& f, Random& random) {
    small_step(f, random);
    if (random.chance(50)) f.device_tokens.clear();
    for (decode_step::Request& request : f.requests) at_most(request.length, most_length(f));
  };
  return of_decode(
      fit, [keeps_lengths](Trial& trial) { return replay_equals_eager(trial, keeps_lengths); });
}

// A graph for as many tokens as a request may have: the device says how many it has.
void drafts(Decode& f, Random& random) {
  small_step(f, random);
  for (decode_step::Request& request : f.requests) at_least(request.tokens, 2);
  f.device_tokens = f.host_lens();
  f.device_tokens.front() -= 1;
  whole_lengths(f);
  at_least(f.requests.front().length, 2);
}

}  // namespace

std::vector<Part> replays() { return {replay_part(false)}; }

std::vector<Part> stale_replays() { return {replay_part(true)}; }

std::vector<Part> rejected_drafts() { return {of_decode(&drafts, rejected_equals_never(false))}; }

std::vector<Part> counted_drafts() { return {of_decode(&drafts, rejected_equals_never(true))}; }

}  // namespace mlacheck::equivalences
