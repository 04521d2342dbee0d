// One row of a sweep at work, shared by several threads.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/sweep/case_source.hpp"
#include "harness/sweep/sweep.hpp"

namespace mlacheck {

/// Cases are handed out by number and may end in any order; they are accounted for strictly one
/// after the other. That makes a row's outcome independent of how many threads work on it: which
/// failure comes first, what it is shrunk from, and where the row ends.
class RowWork {
 public:
  /// Decides at once whether the row can run at all. `result` and `options` must outlive it.
  RowWork(RowResult& result, Backend& backend, const SweepOptions& options);

  enum class Step {
    worked,
    waits,  ///< other threads are at work on all that is left
    ended,
  };

  /// Runs the next case, or turns a failure into a counterexample. `out_of_time`: no new cases
  /// beyond the required ones; `stop`: none at all, and no more shrinking. `found` is called with
  /// each counterexample.
  Step step(bool out_of_time, CaseRunner& runner, const std::function<bool()>& stop,
            const std::function<void(const Counterexample&)>& found);

  bool concurrent() const { return backend_.concurrent(); }
  bool ended() const;
  std::int64_t accounted() const;  ///< cases
  std::int64_t failures() const;
  bool shrinking() const;
  std::int64_t required() const { return source_.required(); }

 private:
  struct Done {
    Case c;
    CaseResult result;
  };
  struct Pending {
    std::int64_t number;
    Case c;
    CaseResult result;
    Failing failing;
  };

  bool may_start(bool out_of_time) const;
  void advance();
  void account(const Case& c, const CaseResult& result, std::int64_t number);
  void hunt(CaseRunner& runner, const std::function<bool()>& stop,
            const std::function<void(const Counterexample&)>& found);
  void enter(Counterexample found);
  void end(std::string why);
  std::vector<Case> cases_before(std::int64_t number) const;

  RowResult& result_;
  Backend& backend_;
  const SweepOptions& options_;
  CaseSource source_;
  mutable std::mutex mutex_;
  std::int64_t next_;                  // number to hand out
  std::int64_t running_ = 0;           // cases handed out that have not ended
  std::int64_t frontier_;              // number to account for
  std::map<std::int64_t, Done> done_;  // ended, beyond the frontier
  std::optional<Pending> pending_;     // the failure that the frontier stands at
  bool shrinking_ = false;             // a thread shrinks it
  bool ended_ = false;
  std::vector<Signature> known_;  // that some counterexample shows
  std::int64_t hung_ = 0;
};

}  // namespace mlacheck
