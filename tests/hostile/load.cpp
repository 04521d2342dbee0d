// Libraries that misbehave when they are loaded or asked what they offer; MLACHECK_HOSTILE_LOAD
// says which one this is. tests/hostile_load_test.py loads each.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/hostile/merge.hpp"

namespace {

enum Way {
  kExitsInSubjects = 1,
  kCrashesInSubjects,
  kHangsInSubjects,
  kCrashesInConstructor,
  kExitsInConstructor,
  kExitsInUnavailable,
  kCrashesInUnavailable,
  kHangsInUnavailable,
  kReturnsWildPointer,
  kManyTables,
  kManySubjects,
  kManyTiles,
  kTwiceOneVariant,
  kOwnBaseline,
  kCircle,
  kOddNames,
  kLongName,
  kForksInSubjects,
  kGrowsInSubjects,
  kAbortsInSubjects,
  // Behave when they are described, not when a worker loads them.
  kWorkerExits = 30,
  kWorkerCrashes,
  kWorkerHangs,
  kWorkerSeesOtherNames,
};

constexpr int kWay = MLACHECK_HOSTILE_LOAD;

bool in_worker() {
  std::FILE* const file = std::fopen("/proc/self/cmdline", "r");
  if (file == nullptr) return false;
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text.find(std::string("\0worker\0", 8)) != std::string::npos;
}

[[noreturn]] void hang() {
  while (true) pause();
}

void crash() { static_cast<void>(std::raise(SIGSEGV)); }

mlacheck_status run(void*, const mlacheck_call* call, mlacheck_context* context) {
  return hostile::merge(call, context);
}

const char* unavailable(void*) {
  if (kWay == kExitsInUnavailable) std::exit(0);
  if (kWay == kCrashesInUnavailable) crash();
  if (kWay == kHangsInUnavailable) hang();
  return kWay == kOddNames ? "no \xff device\x1b[31m" : nullptr;
}

void misbehave_in_subjects() {
  if (kWay == kExitsInSubjects) std::exit(0);
  if (kWay == kCrashesInSubjects) crash();
  if (kWay == kHangsInSubjects) hang();
  if (kWay == kAbortsInSubjects) std::abort();
  if (kWay == kForksInSubjects) static_cast<void>(!fork());
  if (kWay == kGrowsInSubjects) {
    while (true) {
      constexpr std::size_t kBytes = std::size_t{1} << 24;
      std::memset(std::malloc(kBytes), 1, kBytes);
      usleep(1000);
    }
  }
  if (!in_worker()) return;
  if (kWay == kWorkerExits) std::exit(0);
  if (kWay == kWorkerCrashes) crash();
  if (kWay == kWorkerHangs) hang();
}

struct AtLoad {
  AtLoad() {
    if (kWay == kCrashesInConstructor) crash();
    if (kWay == kExitsInConstructor) std::exit(0);
  }
} at_load;

}  // namespace

extern "C" const mlacheck_plugin* mlacheck_subjects() {
  misbehave_in_subjects();
  constexpr std::int32_t kAbsurd = 0x7FFFFFFF;
  static const std::string long_name(5000, 'n');
  static mlacheck_subject subjects[2] = {hostile::subject("first", &run),
                                         hostile::subject("second", &run)};
  subjects[0].unavailable = &unavailable;
  if (kWay == kTwiceOneVariant) subjects[1].variant = "first";
  if (kWay == kOwnBaseline || kWay == kCircle) subjects[1].baseline = "first";
  if (kWay == kOwnBaseline) subjects[1].baseline = "second";
  if (kWay == kCircle) subjects[0].baseline = "second";
  if (kWay == kOddNames) subjects[1].variant = "v\xff\x1b[31m\n";
  if (kWay == kLongName) subjects[1].variant = long_name.c_str();
  if (kWay == kWorkerSeesOtherNames && in_worker()) subjects[1].variant = "another";
  static const mlacheck_tile tile{"D", 16};
  static const mlacheck_table table{"merge_states",
                                    "cpu",
                                    kWay == kManyTiles ? kAbsurd : 1,
                                    kWay == kManySubjects ? kAbsurd : 2,
                                    &tile,
                                    subjects};
  static const mlacheck_plugin plugin{MLACHECK_SUBJECT_VERSION, kWay == kManyTables ? kAbsurd : 1,
                                      &table};
  if (kWay == kReturnsWildPointer) return reinterpret_cast<const mlacheck_plugin*>(16);
  return &plugin;
}
