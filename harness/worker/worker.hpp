// The parent's side: a worker process, its requests, and its death.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "harness/worker/channel.hpp"
#include "harness/worker/post_mortem.hpp"

namespace mlacheck {

/// How a worker is started: this program with other arguments, unless a test says otherwise.
struct WorkerCommand {
  std::string program = "/proc/self/exe";
  std::vector<std::string> arguments{"worker"};  ///< --socket N and --post-mortem M are added
};

/// One worker process. Its standard input is empty and its output goes to a file of its own, so
/// that a subject may print what it likes.
class Worker {
 public:
  /// Starts it; failed() says whether that worked.
  explicit Worker(const WorkerCommand& command);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  ///< kills it

  bool failed() const { return process_ < 0; }
  pid_t process() const { return process_; }

  /// Sends a request and waits for the answer. Anything but Received::message leaves a worker that
  /// must be replaced.
  Received ask(const std::string& request, double seconds, std::string& answer);

  /// Says how it ended: "killed by SIGSEGV", "exited with status 0". One that `hangs` is killed at
  /// once, any other one after half a second of grace.
  std::string bury(bool hangs);

  const PostMortem& post_mortem() const { return *page_.page; }
  void forget_post_mortem();

  /// The last lines that it printed, at most `lines`.
  std::string output_tail(int lines) const;

  /// Resident memory in bytes; 0 if unknown.
  std::size_t resident_bytes() const;

 private:
  pid_t process_ = -1;
  int socket_ = -1;
  int output_ = -1;
  PostMortemPage page_;
};

}  // namespace mlacheck
