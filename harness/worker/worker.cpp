#include "harness/worker/worker.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <iostream>

#include "harness/environment/interrupt.hpp"
#include "harness/process/channel.hpp"
#include "harness/process/own_time.hpp"
#include "harness/process/process_memory.hpp"

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

// How often the worker's memory is read, and whether it still runs.
constexpr int kLookMilliseconds = 50;

// Until the worker may load anything.
constexpr double kStartSeconds = 120;

// Closes a descriptor that only the child needs.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

std::string cannot(const std::string& what) {
  return "cannot " + what + " for a worker process: " + std::strerror(errno);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Once, whatever the number of workers.
void say_what_is_not_watched() {
  static const bool kSaid = [] {
    if (can_see_processes()) return false;
    std::cerr << "mlacheck: no /proc here: the memory of workers is not watched (--worker-gib)\n";
    return true;
  }();
  static_cast<void>(kSaid);
}

}  // namespace

Worker::Worker(const WorkerCommand& command) {
  say_what_is_not_watched();
  // The numbers of the worker's descriptors: 0 to 2, then the channel and the page.
  constexpr int kSocket = 3;
  constexpr int kPage = 4;
  // Close-on-exec for everything, so that no worker holds another one's channel open.
  std::array<int, 2> pair{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    error_ = cannot("create a socket pair");
    return;
  }
  socket_ = pair[0];
  const Descriptor theirs(pair[1]);
  const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing.number() < 0) {
    error_ = cannot("open /dev/null");
    return;
  }
  const Descriptor output(output_.open());
  if (output.number() < 0) {
    error_ = cannot("create a pipe");
    return;
  }
  page_ = make_post_mortem_page();
  if (page_.page == nullptr) {
    error_ = cannot("create a page of shared memory");
    return;
  }
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  words.insert(words.end(),
               {"--socket", std::to_string(kSocket), "--post-mortem", std::to_string(kPage)});
  const StartedProcess started = start_process(
      words,
      {nothing.number(), output.number(), output.number(), theirs.number(), page_.descriptor});
  process_ = started.process;
  error_ = started.error;
}

Worker::~Worker() {
  if (process_ > 0) bury(true);
  if (socket_ >= 0) close(socket_);
  release(page_);
}

Reply Worker::ask(const std::string& request, const AskLimits& limits, std::string& answer) {
  if (failed()) return Reply::closed;
  output_.take_all();
  if (number_ != 0) output_.forget();  // what it printed at its start belongs to the first question
  if (has_pending_bytes(socket_)) return Reply::unasked;
  number_ = draw_number();
  if (!send_message(socket_, number_, request)) return Reply::closed;
  const Reply reply = wait_for(limits, answer);
  output_.take_all();
  return reply;
}

// Loading and compiling have limits of their own, and do not count against that of the case. What counts is
// the worker's own time: on a busy machine others take from it what no limit is about.
double Worker::seconds_left(const AskLimits& limits) {
  const std::uint64_t now = own_time(process_);
  const auto since = [now](std::uint64_t begin) {
    return begin < now ? static_cast<double>(now - begin) * 1e-9 : 0;
  };
  const PostMortem& page = *page_.page;
  if (loading_ && limits.load_seconds > 0) {
    const std::uint64_t begun = page.begun;
    if (begun == 0) {
      // The interpreter and the harness start: nobody's library is to blame for the time that takes.
      limit_ = fmt::format("{:g} s for its start", kStartSeconds);
      return kStartSeconds - since(start_);
    }
    if (page.ready == 0) {
      limit_ = fmt::format("{:g} s (--load-seconds)", limits.load_seconds);
      return limits.load_seconds - since(begun);
    }
    start_ = now;
  }
  loading_ = false;
  const std::uint64_t call = page.first_call_since;
  if (call != 0 && limits.first_call_seconds > 0) {
    limit_ = fmt::format("{:g} s (--first-call-seconds)", limits.first_call_seconds);
    return limits.first_call_seconds - since(call);
  }
  limit_ = fmt::format("{:g} s", limits.seconds);
  const std::uint64_t compiling = limits.first_call_seconds > 0 ? page.first_calls_took.load() : 0;
  return limits.seconds - since(start_ + compiling);
}

Reply Worker::wait_for(const AskLimits& limits, std::string& answer) {
  start_ = own_time(process_);
  Clock::time_point look = Clock::now();
  MessageReader reader;
  while (true) {
    const double left = std::ceil(seconds_left(limits) * 1000);
    std::array<pollfd, 2> waiting{pollfd{socket_, POLLIN, 0},
                                  pollfd{output_.descriptor(), POLLIN, 0}};
    const int wait = static_cast<int>(std::clamp<double>(left, 0, kLookMilliseconds));
    poll(waiting.data(), waiting.size(), wait);
    output_.take();
    // Before the channel, so that an answer sent just before a death is still found.
    const bool dead = seconds_since(look) * 1000 >= kLookMilliseconds && has_ended(process_);
    switch (reader.take(socket_)) {
      case MessageReader::State::complete:
        if (reader.number() != number_ || has_pending_bytes(socket_)) return Reply::unasked;
        answer = std::move(reader.message());
        return Reply::answer;
      case MessageReader::State::closed:
        return Reply::closed;
      case MessageReader::State::broken:
        return Reply::broken;
      case MessageReader::State::incomplete:
        break;
    }
    // What it forked may hold the channel open.
    if (dead) return Reply::closed;
    if (seconds_left(limits) <= 0) return Reply::timeout;
    if (seconds_since(look) * 1000 < kLookMilliseconds) continue;
    look = Clock::now();
    if (resident_bytes(limits.memory) > limits.memory) return Reply::memory;
    if (interrupted_by() != 0) return Reply::interrupted;
  }
}

Death Worker::bury(bool hangs) {
  if (process_ < 0) return {true, "was never started"};
  constexpr double kGrace = 0.5;
  const Death death = end_process(process_, hangs ? 0 : kGrace);
  process_ = -1;
  return death;
}

std::string Worker::output_tail(int lines) {
  output_.take_all();
  return output_.last(lines);
}

std::size_t Worker::resident_bytes(std::size_t limit) const {
  return process_ > 0 ? resident_bytes_of_all(process_, limit) : 0;
}

}  // namespace mlacheck
