// What a worker notes for the parent in a shared page, so that the parent can explain its death.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace mlacheck {

/// Written by the worker, read by the parent after its death. Plain characters, null-terminated.
struct PostMortem {
  std::array<char, 80> check;        ///< the check in progress
  std::array<char, 200> fault;       ///< a guard page was touched: which, and where
  std::atomic<std::uint64_t> begun;  ///< since when foreign code may have run; 0: it has not
  /// Its subjects are loaded: the time of a case counts from now.
  std::atomic<std::uint32_t> ready;
  /// When the first call of its kind began that is in progress; 0: none is. And what earlier ones of
  /// this question took. All times are nanoseconds of own_time() of the worker.
  std::atomic<std::uint64_t> first_call_since;
  std::atomic<std::uint64_t> first_calls_took;
  std::atomic<std::uint32_t> spoiled;  ///< resource limits are lower now, for all later cases
  std::atomic<std::uint32_t> strays;   ///< forked children that came back from foreign code
  /// Of the question during which the last one was forked.
  std::atomic<std::uint64_t> stray_number;
  std::atomic<std::uint32_t> noted;  ///< length of `result`; 0: nothing is noted
  /// Of the case in progress, as a message (worker/protocol.hpp).
  std::array<char, 65536> result;
  /// What the interpreter of a Python worker said of a fatal signal. The last member: it may say
  /// more.
  std::array<char, 8192> traceback;
};

/// Parent: a new page. The descriptor goes to the worker. Null and -1 if there is none.
struct PostMortemPage {
  PostMortem* page = nullptr;
  int descriptor = -1;
};
PostMortemPage make_post_mortem_page();
void release(const PostMortemPage& page);

/// Worker: from now on the battery's progress and guard-page faults are noted in that page. A child
/// that a subject forked and that comes back from it is noted, too, and ends at once.
bool keep_post_mortem(int descriptor);

/// Worker: from now on foreign code may run. A death before that is not its doing.
void note_foreign_code();

/// Worker: its subjects are loaded.
void note_ready();

/// Worker: a call begins, or has ended, in which a subject may compile what it runs.
void note_first_call(bool begins);

/// Worker: the question that is now being answered. The page starts afresh.
void note_question(std::uint64_t number);

/// Worker: what its case has come to so far. False if that is too long, and nothing is noted.
bool note_result(std::string_view text);

/// Worker, before it answers: a child that was just forked gets that long to come back, so that it
/// is noted with the question that it belongs to. Returns at once where there is no child.
void wait_for_strays(std::chrono::milliseconds most);

}  // namespace mlacheck
