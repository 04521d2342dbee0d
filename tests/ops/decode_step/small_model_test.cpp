// What the attention of a decode step means for tokens: requests that come, go and pause share a cache
// and a batch for 64 steps, and each has the tokens that it has alone.
#include "tests/ops/decode_step/small_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/op/pieces.hpp"

namespace mlacheck::decode_step {
namespace {

using Tokens = std::vector<std::int64_t>;

constexpr std::int64_t kSteps = 64;
constexpr std::int64_t kPages = 64;

struct Request {
  Tokens prompt;
  std::int64_t arrives = 0;
  std::int64_t tokens = 0;  ///< as many are generated
  std::int64_t pauses = 0;  ///< one step in so many; 0: none
};

const std::vector<Request>& requests() {
  static const std::vector<Request> kRequests{{{3, 14, 15}, 0, 40, 0}, {{9}, 0, 12, 0},
                                              {{26, 5}, 4, 30, 3},     {{35, 8, 9, 7}, 10, 25, 0},
                                              {{31}, 17, 20, 5},       {{2, 7, 18}, 30, 12, 0}};
  return kRequests;
}

// A request while it runs: `sequence` has its prompt and what was generated, of which `cached` tokens lie
// in its pages.
struct Running {
  const Request* request;
  Tokens sequence;
  std::int64_t cached = 0;
  Tokens pages{};

  bool finished() const {
    return std::ssize(sequence) >= std::ssize(request->prompt) + request->tokens;
  }
};

/// How an engine feeds its requests.
struct Engine {
  std::string variant;
  std::int64_t rows_of = 1;  ///< captured sizes: rows are a multiple of this
  std::int64_t drafts = 0;  ///< tokens guessed in each step, which are taken back if they are wrong
};

class Batch {
 public:
  explicit Batch(Engine engine) : engine_(std::move(engine)), model_(1, kPages) {
    // The last page that was given back is handed out first: it still holds another request's latents.
    for (std::int64_t page = 0; page < kPages; ++page) free_.push_back(page);
  }

  void add(const Request& request) { running_.push_back({&request, request.prompt}); }

  // Paused requests stay in the batch, without tokens. Finished ones leave their pages to others.
  void step(std::int64_t now, std::vector<Running>& done) {
    std::vector<Turn> turns;
    for (Running& r : running_) turns.push_back(turn_of(r, now));
    const bool nobody = std::all_of(turns.begin(), turns.end(),
                                    [](const Turn& turn) { return turn.tokens.empty(); });
    if (nobody) return;
    const Tokens greedy = model_.step(turns, engine_.variant, engine_.rows_of);
    auto next = greedy.begin();
    for (std::size_t i = 0; i < turns.size(); ++i) {
      accept(running_[i], turns[i], next);
      next += std::ssize(turns[i].tokens);
    }
    for (const Running& r : running_) {
      if (!r.finished()) continue;
      free_.insert(free_.end(), r.pages.begin(), r.pages.end());
      done.push_back(r);
    }
    std::erase_if(running_, [](const Running& r) { return r.finished(); });
  }

  bool idle() const { return running_.empty(); }

 private:
  Turn turn_of(Running& r, std::int64_t now) {
    Turn turn{.position = r.cached};
    const std::int64_t pauses = r.request->pauses;
    if (pauses == 0 || now % pauses != 0) {
      turn.tokens.assign(r.sequence.begin() + r.cached, r.sequence.end());
      for (std::int64_t i = 0; i < engine_.drafts; ++i) {
        turn.tokens.push_back((r.sequence.back() + 7 * i) % kVocabulary);
      }
    }
    const std::int64_t end = turn.position + std::ssize(turn.tokens);
    while (std::ssize(r.pages) * kPage < end) {
      r.pages.push_back(free_.back());
      free_.pop_back();
    }
    turn.pages = r.pages;
    return turn;
  }

  // A guess stays as long as it is what the model says. The first wrong one is replaced, and all behind it
  // are forgotten: the length of the next step does not count them.
  void accept(Running& r, const Turn& turn, Tokens::const_iterator greedy) const {
    if (turn.tokens.empty()) return;
    const std::int64_t known = std::ssize(r.sequence) - r.cached;
    std::int64_t taken = known;
    r.sequence.push_back(greedy[known - 1]);
    while (taken < std::ssize(turn.tokens) && !r.finished() &&
           turn.tokens[static_cast<std::size_t>(taken)] == r.sequence.back()) {
      r.sequence.push_back(greedy[taken]);
      ++taken;
    }
    r.cached += taken;
  }

  Engine engine_;
  SmallModel model_;
  Tokens free_;
  std::vector<Running> running_;
};

Tokens generated_by(const Running& r) {
  return {r.sequence.begin() + std::ssize(r.request->prompt), r.sequence.end()};
}

// What each request generates, in the order of requests().
std::vector<Tokens> together(const Engine& engine) {
  Batch batch(engine);
  std::vector<Running> done;
  for (std::int64_t now = 0; now < kSteps; ++now) {
    for (const Request& request : requests()) {
      if (request.arrives == now) batch.add(request);
    }
    if (!batch.idle()) batch.step(now, done);
  }
  std::vector<Tokens> generated(requests().size());
  for (const Running& r : done) {
    generated[static_cast<std::size_t>(r.request - requests().data())] = generated_by(r);
  }
  return generated;
}

// The first token of the prompt alone, then one token a step, whatever the prompt.
std::vector<Tokens> one_by_one() {
  std::vector<Tokens> generated;
  for (const Request& request : requests()) {
    SmallModel model(1, kPages);
    Turn turn;
    Tokens sequence = request.prompt;
    const std::int64_t wanted = std::ssize(request.prompt) + request.tokens;
    for (std::int64_t i = 0; std::ssize(sequence) < wanted; ++i) {
      turn.position = i;
      turn.tokens = {sequence[static_cast<std::size_t>(i)]};
      if (i % kPage == 0) turn.pages.push_back(i / kPage);
      const std::int64_t next = model.step({turn}, "plain", 1).front();
      if (i + 1 == std::ssize(sequence)) sequence.push_back(next);
    }
    generated.emplace_back(sequence.begin() + std::ssize(request.prompt), sequence.end());
  }
  return generated;
}

TEST(SmallModel, TokensAreThoseOfEachRequestAlone) {
  const std::vector<Tokens> alone = one_by_one();
  // Text that repeats one token would hide what goes wrong.
  std::set<std::int64_t> met;
  for (const Tokens& tokens : alone) met.insert(tokens.begin(), tokens.end());
  EXPECT_GT(met.size(), 10U);
  for (const Engine& engine : {Engine{"plain"}, Engine{"optimised"}, Engine{"optimised", 8},
                               Engine{"plain", 8, 2}, Engine{"optimised", 4, 1}}) {
    EXPECT_EQ(together(engine), alone)
        << engine.variant << ", rows of " << engine.rows_of << ", " << engine.drafts << " drafts";
  }
}

Status bundled(const char* op, const char* variant, const Call& call, LaunchContext& context) {
  static std::map<std::string, SubjectTable> tables;
  const auto table = tables.try_emplace(op, testing_support::cpu_subjects(op)).first;
  return testing_support::variant_of(table->second, variant).run(call, context);
}

// The same with another tensor, or another scale.
Call with_tensor(const Call& call, const std::string& changed, const Tensor& tensor) {
  Call other;
  for (const auto& [name, own] : call.tensors()) {
    other.set_tensor(name, name == changed ? tensor : own);
  }
  for (const auto& [name, value] : call.integers()) other.set_integer(name, value);
  for (const auto& [name, value] : call.reals()) other.set_real(name, value);
  return other;
}

Status attention_with_half_the_scale(const Call& call, LaunchContext& context) {
  Call other;
  for (const auto& [name, tensor] : call.tensors()) other.set_tensor(name, tensor);
  for (const auto& [name, value] : call.integers()) other.set_integer(name, value);
  for (const auto& [name, value] : call.reals()) other.set_real(name, value / 2);
  return bundled("mla_decode", "empty", other, context);
}

Status attention_without_the_newest_key(const Call& call, LaunchContext& context) {
  const Tensor& lengths = call.tensor("seq_lens");
  for (std::int64_t row = 0; row < lengths.shape[0]; ++row) {
    std::int32_t& length = lengths.as<std::int32_t>()[row];
    length = std::max(length - 1, std::min(length, 1));
  }
  return bundled("mla_decode", "empty", call, context);
}

// Where it is long enough.
Status attention_to_the_pages_of_the_row_before(const Call& call, LaunchContext& context) {
  const Tensor& lengths = call.tensor("seq_lens");
  const Tensor& table = call.tensor("block_table");
  for (std::int64_t row = lengths.shape[0] - 1; row > 0; --row) {
    const std::int32_t* const length = lengths.as<std::int32_t>() + row;
    if (length[-1] < length[0]) continue;
    std::int32_t* const pages = table.as<std::int32_t>() + row * table.stride[0];
    std::copy_n(pages - table.stride[0], table.shape[1], pages);
  }
  return bundled("mla_decode", "empty", call, context);
}

Status products_of_the_first_head_alone(const Call& call, LaunchContext& context) {
  Tensor x = call.tensor("x");
  x.stride[1] = 0;
  return bundled("strided_bmm", "strided", with_tensor(call, "x", x), context);
}

Status attention_as_it_is(const Call& call, LaunchContext& context) {
  return bundled("mla_decode", "empty", call, context);
}

std::vector<Tokens> together_with(const Piece& piece) {
  const std::vector<Piece> pieces{piece};
  const PieceScope scope(pieces);
  return together({"optimised"});
}

TEST(SmallModel, ABrokenStepShowsInTheTokens) {
  const std::vector<Tokens> alone = one_by_one();
  EXPECT_EQ(together_with({"mla_decode", "as it is", &attention_as_it_is}), alone);
  for (const Piece& broken :
       {Piece{"mla_decode", "half the scale", &attention_with_half_the_scale},
        Piece{"mla_decode", "without the newest key", &attention_without_the_newest_key},
        Piece{"mla_decode", "pages of the row before", &attention_to_the_pages_of_the_row_before},
        Piece{"strided_bmm", "first head", &products_of_the_first_head_alone}}) {
    EXPECT_NE(together_with(broken), alone) << broken.name;
  }
}

// What two models that share all but their last attention say, over the whole text of one request: one
// attends in absorbed form, one by keys and values of every head.
std::vector<TwoWays> both_ways(DType dtype, double scale_error) {
  SmallModel model(1, kPages, dtype);
  Tokens sequence{3, 14, 15};
  Turn turn;
  std::vector<TwoWays> said;
  for (std::int64_t i = 0; i < kSteps; ++i) {
    turn.position = i;
    turn.tokens = {sequence[static_cast<std::size_t>(i)]};
    if (i % kPage == 0) turn.pages.push_back(i / kPage);
    said.push_back(model.step_both_ways({turn}, scale_error).front());
    if (i + 1 == std::ssize(sequence)) sequence.push_back(said.back().greedy);
  }
  return said;
}

// The bounds of both attentions, carried through the output projection and the product with the embedding,
// say how far the logits may be apart. Where the two largest differ by more, the token is the same.
void expect_same_where_decided(DType dtype, int fewest) {
  int decided = 0;
  int apart = 0;
  for (const TwoWays& token : both_ways(dtype, 0)) {
    EXPECT_TRUE(token.inside);
    apart += token.apart > 0 ? 1 : 0;
    if (token.gap <= token.bound) continue;
    ++decided;
    EXPECT_EQ(token.greedy, token.other);
  }
  EXPECT_GT(apart, kSteps / 2) << "the two attentions have the same bits";
  EXPECT_GE(decided, fewest) << name_of(dtype);
  testing::Test::RecordProperty("decided_" + std::string(name_of(dtype)), decided);
}

// What is rounded to 8 digits leaves about a third of the tokens open.
TEST(SmallModel, TokensAreTheSameWhereTheBoundDecides) {
  expect_same_where_decided(DType::f32, 60);
  expect_same_where_decided(DType::f16, 60);
  expect_same_where_decided(DType::bf16, 38);
}

// A scale that is off by a tenth shows in the logits.
TEST(SmallModel, AnotherScaleIsOutsideTheBound) {
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    const std::vector<TwoWays> said = both_ways(dtype, 0.05);
    EXPECT_TRUE(std::any_of(said.begin(), said.end(), [](const TwoWays& t) { return !t.inside; }))
        << name_of(dtype);
  }
}

}  // namespace
}  // namespace mlacheck::decode_step
