// Libraries that misbehave when they are loaded or asked what they offer; MLACHECK_HOSTILE_LOAD
// says which one this is. tests/hostile/load_test.py loads each.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/hostile/merge.hpp"

namespace {

enum class Way {
  exits_in_subjects = 1,
  crashes_in_subjects,
  hangs_in_subjects,
  crashes_in_constructor,
  exits_in_constructor,
  exits_in_unavailable,
  crashes_in_unavailable,
  hangs_in_unavailable,
  returns_wild_pointer,
  many_tables,
  many_subjects,
  many_tiles,
  twice_one_variant,
  own_baseline,
  circle,
  odd_names,
  long_name,
  forks_in_subjects,
  grows_in_subjects,
  aborts_in_subjects,
  // Behave when they are described, not when a worker loads them.
  worker_exits = 30,
  worker_crashes,
  worker_hangs,
  worker_sees_other_names,
};

constexpr Way kWay{MLACHECK_HOSTILE_LOAD};

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
  if (kWay == Way::exits_in_unavailable) std::exit(0);
  if (kWay == Way::crashes_in_unavailable) crash();
  if (kWay == Way::hangs_in_unavailable) hang();
  return kWay == Way::odd_names ? "no \xff device\x1b[31m" : nullptr;
}

void misbehave_in_subjects() {
  if (kWay == Way::exits_in_subjects) std::exit(0);
  if (kWay == Way::crashes_in_subjects) crash();
  if (kWay == Way::hangs_in_subjects) hang();
  if (kWay == Way::aborts_in_subjects) std::abort();
  if (kWay == Way::forks_in_subjects) static_cast<void>(!fork());
  if (kWay == Way::grows_in_subjects) {
    while (true) {
      constexpr std::size_t kBytes = std::size_t{1} << 24;
      std::memset(std::malloc(kBytes), 1, kBytes);
      usleep(1000);
    }
  }
  if (!in_worker()) return;
  if (kWay == Way::worker_exits) std::exit(0);
  if (kWay == Way::worker_crashes) crash();
  if (kWay == Way::worker_hangs) hang();
}

struct AtLoad {
  AtLoad() {
    if (kWay == Way::crashes_in_constructor) crash();
    if (kWay == Way::exits_in_constructor) std::exit(0);
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
  if (kWay == Way::twice_one_variant) subjects[1].variant = "first";
  if (kWay == Way::own_baseline || kWay == Way::circle) subjects[1].baseline = "first";
  if (kWay == Way::own_baseline) subjects[1].baseline = "second";
  if (kWay == Way::circle) subjects[0].baseline = "second";
  if (kWay == Way::odd_names) subjects[1].variant = "v\xff\x1b[31m\n";
  if (kWay == Way::long_name) subjects[1].variant = long_name.c_str();
  if (kWay == Way::worker_sees_other_names && in_worker()) subjects[1].variant = "another";
  static const mlacheck_tile tile{"V", 16};
  static const mlacheck_table table{"merge_states",
                                    "cpu",
                                    kWay == Way::many_tiles ? kAbsurd : 1,
                                    kWay == Way::many_subjects ? kAbsurd : 2,
                                    &tile,
                                    subjects};
  static const mlacheck_plugin plugin{MLACHECK_SUBJECT_VERSION,
                                      kWay == Way::many_tables ? kAbsurd : 1, &table};
  if (kWay == Way::returns_wild_pointer) return reinterpret_cast<const mlacheck_plugin*>(16);
  return &plugin;
}
