#include "harness/process/process_memory.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/process/descendants.hpp"
#include "harness/process/proc_file.hpp"

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

struct Process {
  pid_t parent = 0;
  pid_t group = 0;
  std::size_t resident = 0;  // bytes
};

using Processes = std::map<pid_t, Process>;

std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

// The fields after the name, which is in parentheses and may hold anything: state, parent, group.
// The resident pages are the 22nd of them.
bool read_process(const std::string& number, Process& process) {
  const std::string text = proc_file(number, "stat");
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return false;
  std::istringstream fields(text.substr(end + 1));
  std::string field;
  constexpr int kBetween = 18;
  fields >> field >> process.parent >> process.group;
  for (int i = 0; i < kBetween; ++i) fields >> field;
  fields >> process.resident;
  process.resident *= page_size();
  return static_cast<bool>(fields);
}

Processes all_processes() {
  Processes found;
  DIR* const folder = opendir("/proc");
  if (folder == nullptr) return found;
  while (const dirent* const entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    Process process;
    if (read_process(name, process)) found[static_cast<pid_t>(std::stol(name))] = process;
  }
  closedir(folder);
  return found;
}

// One look for all workers: it costs more the more processes the machine has. Looking takes a fiftieth
// of the time at most.
std::shared_ptr<const Processes> recent_processes() {
  constexpr Clock::duration kOld = std::chrono::milliseconds(40);
  constexpr int kShare = 50;
  static std::mutex mutex;
  static std::shared_ptr<const Processes> processes;
  static Clock::time_point taken;
  static Clock::duration took{};
  const std::lock_guard<std::mutex> lock(mutex);
  const Clock::time_point now = Clock::now();
  if (processes == nullptr || now - taken > std::max(kOld, kShare * took)) {
    processes = std::make_shared<const Processes>(all_processes());
    taken = now;
    took = Clock::now() - now;
  }
  return processes;
}

// An orphan that left the group can be told only where there is one worker to have it from.
bool belongs(const Process& process, pid_t number, pid_t worker, const std::set<pid_t>& family,
             bool alone) {
  if (process.group == worker || family.contains(process.parent)) return true;
  return alone && process.parent == getpid() && !is_known(number);
}

// Without the worker itself.
std::set<pid_t> family_of(pid_t worker, const Processes& processes) {
  const bool alone = is_only_one(worker);
  std::set<pid_t> family{worker};
  std::size_t before = 0;
  while (family.size() != before) {
    before = family.size();
    for (const auto& [number, process] : processes) {
      if (belongs(process, number, worker, family, alone)) family.insert(number);
    }
  }
  family.erase(worker);
  return family;
}

std::size_t resident_now(pid_t process) {
  std::istringstream file(proc_file(std::to_string(process), "statm"));
  std::size_t whole = 0;
  std::size_t resident = 0;
  file >> whole >> resident;
  return file ? resident * page_size() : 0;
}

// Each page divided by the number of processes that have it: a fork shares nearly all at first.
std::size_t share_of(pid_t process, std::size_t otherwise) {
  std::istringstream file(proc_file(std::to_string(process), "smaps_rollup"));
  for (std::string word; file >> word;) {
    std::size_t kibibytes = 0;
    if (word == "Pss:" && file >> kibibytes) return kibibytes << 10;
  }
  return otherwise;
}

}  // namespace

bool can_see_processes() { return access("/proc/self/stat", R_OK) == 0; }

std::size_t resident_bytes_of_all(pid_t worker, std::size_t limit) {
  const std::size_t own = resident_now(worker);
  const std::shared_ptr<const Processes> processes = recent_processes();
  const std::set<pid_t> family = family_of(worker, *processes);
  std::size_t sum = own;
  // Read anew: one that has ended since, such as the worker before this one, takes nothing.
  for (const pid_t number : family) sum += resident_now(number);
  if (sum <= limit || family.empty()) return sum;
  sum = share_of(worker, own);
  for (const pid_t number : family) sum += share_of(number, resident_now(number));
  return sum;
}

}  // namespace mlacheck
