// The parent's side: a worker process, its requests, and its death.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/process/output_tail.hpp"
#include "harness/process/post_mortem.hpp"
#include "harness/process/process.hpp"

namespace mlacheck {

/// How a worker is started: this program with other arguments, unless a test says otherwise.
struct WorkerCommand {
  std::string program = kThisProgram;
  std::vector<std::string> arguments{"worker"};  ///< --socket N and --post-mortem M are added
};

/// How long to wait for an answer, and up to which size of the process. Seconds are those of own_time().
struct AskLimits {
  double seconds = 60;
  std::size_t memory = SIZE_MAX;  ///< resident bytes, of its descendants, too
  /// For loading its subjects; 0: that is part of the first question.
  double load_seconds = 0;
  double first_call_seconds = 0;  ///< of a call in which a subject compiles; 0: such calls count
};

enum class Reply {
  answer,
  closed,  ///< it died, or closed its channel
  timeout,
  broken,       ///< what came is no message
  unasked,      ///< a message that answers no question, or more than one for a question
  memory,       ///< it grew past the limit
  interrupted,  ///< a signal asked this process to stop (harness/environment/interrupt.hpp)
};

/// One worker process. Its standard input is empty and its output goes to a pipe that the parent
/// empties while it waits, so that a subject may print what it likes and as much as it likes.
class Worker {
 public:
  /// Starts it; error() says why that did not work.
  explicit Worker(const WorkerCommand& command);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  ///< kills it

  bool failed() const { return process_ < 0; }
  const std::string& error() const { return error_; }
  pid_t process() const { return process_; }

  /// Sends a request and waits for the answer. Anything but Reply::answer leaves a worker that must
  /// be replaced.
  Reply ask(const std::string& request, const AskLimits& limits, std::string& answer);

  /// After Reply::timeout: what passed, "60 s" or "20 s (--load-seconds)".
  const std::string& limit() const { return limit_; }

  /// Says how it ended. One that `hangs` is killed at once, any other one after half a second of
  /// grace.
  Death bury(bool hangs);

  const PostMortem& post_mortem() const { return *page_.page; }

  /// Whether it came so far that foreign code may have ended it.
  bool has_begun() const { return page_.page->begun != 0; }

  /// Whether it must be replaced before the next question, for what a subject did to its limits.
  bool is_spoiled() const { return page_.page->spoiled != 0; }

  /// Whether a child that it forked came back, and whether that child was forked during the last
  /// question.
  bool has_strays() const { return page_.page->strays != 0; }
  bool stray_is_of_last_question() const { return page_.page->stray_number == number_; }

  /// The last lines that it printed since the last question, at most `lines`.
  std::string output_tail(int lines);

  /// Resident memory in bytes, of its descendants, too; 0 if unknown. Exact where it is near
  /// `limit` or more.
  std::size_t resident_bytes(std::size_t limit) const;

 private:
  Reply wait_for(const AskLimits& limits, std::string& answer);
  double seconds_left(const AskLimits& limits);

  pid_t process_ = -1;
  int socket_ = -1;
  std::uint64_t number_ = 0;  // of the last question
  std::uint64_t start_ = 0;   // since when the case takes time
  bool loading_ = true;
  std::string limit_;
  OutputTail output_;
  PostMortemPage page_;
  std::string error_;
};

}  // namespace mlacheck
