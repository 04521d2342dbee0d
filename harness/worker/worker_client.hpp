// Asks a worker, and explains its death where there is no answer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/checks/battery.hpp"
#include "harness/worker/worker.hpp"

namespace mlacheck {

struct WorkerRunnerOptions {
  WorkerCommand command;
  std::size_t memory = std::size_t{4} << 30;  ///< resident bytes of a worker (--worker-gib)
  double load_seconds = 0;                    ///< as AskLimits
  double first_call_seconds = 0;
};

/// Keeps one worker, and replaces it when it died, hung, grew too large or said what it should not.
class WorkerClient {
 public:
  explicit WorkerClient(WorkerRunnerOptions options);

  /// Asks, and hands the answer to `understand`, which throws what is wrong with it.
  /// Otherwise false, with the reason in `result`: its evidence and checks, not its verdict.
  bool ask(const std::string& question, double seconds,
           const std::function<void(const std::string&)>& understand, CaseResult& result);

  /// The next question goes to a new worker.
  void refresh() { worker_.reset(); }

  /// Replaces a worker that has grown too large. False if the last question alone took half of the
  /// limit, with that as a crash in `evidence`.
  bool look_at_memory(Evidence& evidence);

 private:
  bool start(Evidence& evidence);
  Reply ask_within_memory(const std::string& text, double seconds, std::string& answer,
                          Evidence& evidence);
  std::string growth() const;
  void explain(Reply reply, const std::string& wrong, CaseResult& result);
  bool explain_stray(Evidence& evidence);

  WorkerRunnerOptions options_;
  std::unique_ptr<Worker> worker_;
  bool spoiled_ = false;      // the last question took from the worker what the next one needs
  std::size_t before_ = 0;    // resident bytes before the last question; 0 for a new worker
  std::size_t resident_ = 0;  // after it
};

}  // namespace mlacheck
