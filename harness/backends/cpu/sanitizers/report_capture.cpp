// The sanitizers hand every piece of text they print to __sanitizer_on_print, on the OS thread and
// the stack where the defect happened. There, under the tool's own locks, nothing may be allocated
// and no library function called, so the text goes into a fixed buffer by hand.
#include "harness/backends/cpu/sanitizers/report_capture.hpp"

#include "harness/backends/cpu/sanitizers/sanitizer.hpp"

#if defined(MLACHECK_ASAN) || defined(MLACHECK_MSAN) || defined(MLACHECK_TSAN_INTRA) || \
    defined(MLACHECK_TSAN_INTER)

#include <fcntl.h>
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "harness/backends/cpu/block/thread_block.hpp"

namespace mlacheck::cpu {
namespace {

// When full, what comes is dropped: the first reports are the interesting ones.
struct Capture {
  std::array<char, 262144> text;
  std::size_t used;
  std::size_t begun;
  std::size_t undrained;
  bool summarized;  // what follows a report's summary (ASan's map of memory) is of no use here
};
constinit thread_local Capture capture{};
thread_local std::vector<std::string> adopted;

// Reports of all OS threads that have not been drained. A program that ends with some must not
// pass.
std::atomic<std::size_t> undrained_reports{0};

void put(char c) {
  // Volatile, or the compiler would make the callers' loops a call of memcpy, which TSan and MSan
  // intercept.
  if (capture.used < capture.text.size()) {
    const_cast<volatile char&>(capture.text[capture.used]) = c;
    ++capture.used;
  }
}

void put(const char* text) {
  for (; *text != 0; ++text) put(*text);
}

void put(unsigned value) {
  std::array<char, 10> digits{};
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) put(digits[--count]);
}

void put(Index3 index) {
  put('(');
  put(index.x);
  put(',');
  put(index.y);
  put(',');
  put(index.z);
  put(')');
}

bool contains(const char* text, const char* part) {
  for (; *text != 0; ++text) {
    std::size_t i = 0;
    while (part[i] != 0 && text[i] == part[i]) ++i;
    if (part[i] == 0) return true;
  }
  return false;
}

bool begins_report(const char* text) {
  return contains(text, "ERROR: AddressSanitizer") || contains(text, "WARNING: MemorySanitizer") ||
         contains(text, "WARNING: ThreadSanitizer") || contains(text, ": runtime error: ");
}

void begin_report() {
  ++capture.begun;
  ++capture.undrained;
  capture.summarized = false;
  undrained_reports.fetch_add(1, std::memory_order_relaxed);
  if (running_block == nullptr || running_block->is_idle()) {
    put("\n@host\n");
    return;
  }
  put("\n@kernel ");
  put(running_block->plan().record.kernel);
  put(", block ");
  put(running_block->index());
  put(", thread ");
  put(running_block->current().index);
  put('\n');
}

void write_to_stderr(const char* text, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t written = write(STDERR_FILENO, text, bytes);
    if (written <= 0) return;
    text += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

bool hidden = false;

// The tool is about to end the process, and its report may have gone nowhere.
void show_last_words() {
  if (hidden) write_to_stderr(capture.text.data(), capture.used);
}

void fail_if_undrained() {
  if (undrained_reports.load() == 0) return;
  constexpr char kMessage[] =
      "mlacheck: the program ends with sanitizer reports nobody looked at\n";
  write_to_stderr(kMessage, sizeof(kMessage) - 1);
  show_last_words();
  _exit(86);
}

const int exit_check = [] {
  __sanitizer_set_death_callback(&show_last_words);
  return std::atexit(&fail_if_undrained);
}();

}  // namespace

std::size_t reports_begun() { return capture.begun; }

std::string take_report_text() {
  std::string text;
  text.reserve(capture.used);
  for (std::size_t i = 0; i < capture.used; ++i) text.push_back(capture.text[i]);
  capture.used = 0;
  undrained_reports.fetch_sub(std::exchange(capture.undrained, 0), std::memory_order_relaxed);
  return text;
}

void adopt_reports(std::vector<std::string>&& reports) {
  for (std::string& report : reports) adopted.push_back(std::move(report));
}

std::vector<std::string> drain_sanitizer_reports() {
  std::vector<std::string> reports = std::exchange(adopted, {});
  if (capture.undrained == 0) {
    capture.used = 0;  // the tools print at other occasions too
    return reports;
  }
  const std::size_t expected = capture.undrained;
  std::vector<std::string> summaries = summarize_reports(take_report_text());
  const std::size_t cut = expected - std::min(expected, summaries.size());
  for (std::string& report : summaries) reports.push_back(std::move(report));
  if (cut != 0) reports.push_back(std::to_string(cut) + " further sanitizer reports were cut");
  return reports;
}

void show_sanitizer_reports(bool show) {
  if (show == !hidden) return;
  static const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  hidden = !show;
  const std::intptr_t descriptor = hidden ? nowhere : STDERR_FILENO;
  __sanitizer_set_report_fd(reinterpret_cast<void*>(descriptor));
}

}  // namespace mlacheck::cpu

extern "C" void __sanitizer_on_print(const char* text) {
  using namespace mlacheck::cpu;
  if (begins_report(text)) begin_report();
  if (contains(text, "SUMMARY: ")) capture.summarized = true;
  if (!capture.summarized) put(text);
}

#else

namespace mlacheck::cpu {

std::size_t reports_begun() { return 0; }
std::string take_report_text() { return {}; }
void adopt_reports(std::vector<std::string>&&) {}
std::vector<std::string> drain_sanitizer_reports() { return {}; }
void show_sanitizer_reports(bool) {}

}  // namespace mlacheck::cpu

#endif
