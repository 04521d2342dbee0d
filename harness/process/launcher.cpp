#include "harness/process/launcher.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace mlacheck {
namespace {

struct Job {
  const std::function<void()>* work;
  bool done = false;
};

class Launcher {
 public:
  Launcher() {
    try {
      std::thread([this] { serve(); }).detach();
    } catch (const std::system_error& error) {
      throw std::runtime_error("cannot create the thread that starts worker processes: " +
                               error.code().message());
    }
  }

  void run(const std::function<void()>& work) {
    Job job{&work};
    std::unique_lock<std::mutex> lock(mutex_);
    jobs_.push_back(&job);
    changed_.notify_all();
    changed_.wait(lock, [&] { return job.done; });
  }

 private:
  void serve() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return !jobs_.empty(); });
      Job& job = *jobs_.front();
      jobs_.pop_front();
      lock.unlock();
      (*job.work)();
      lock.lock();
      job.done = true;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> jobs_;
};

}  // namespace

void launch(const std::function<void()>& work) {
  // Never destroyed: the thread uses it until the program is gone.
  static Launcher& launcher = *new Launcher;  // NOLINT(cppcoreguidelines-owning-memory)
  launcher.run(work);
}

}  // namespace mlacheck
