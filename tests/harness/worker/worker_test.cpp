// The parent's side of a worker, with shells in the worker's place.
#include "harness/worker/worker.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <limits>
#include <map>
#include <thread>

#include "harness/process/channel.hpp"
#include "harness/worker/library_probe.hpp"
#include "harness/worker/protocol.hpp"
#include "harness/worker/worker_client.hpp"
#include "harness/worker/worker_runner.hpp"

namespace mlacheck {
namespace {

// The channel is its descriptor 3.
WorkerCommand shell(const std::string& script) { return {"/bin/sh", {"-c", script, "sh"}}; }

WorkerRunnerOptions runs(WorkerCommand command) {
  WorkerRunnerOptions options;
  options.command = std::move(command);
  return options;
}

Reply ask(Worker& worker, double seconds = 20, std::size_t memory = SIZE_MAX) {
  std::string answer;
  return worker.ask("{}", {seconds, memory}, answer);
}

bool is_alive(pid_t process) { return kill(process, 0) == 0; }

pid_t number_in(const std::string& path) {
  for (int i = 0; i < 400; ++i) {
    std::ifstream file(path);
    pid_t number = 0;
    if (file >> number) return number;
    usleep(10000);
  }
  return -1;
}

// Takes notice of the death of what is nobody's child any more.
bool ends_soon(pid_t process) {
  for (int i = 0; i < 200 && is_alive(process); ++i) usleep(10000);
  return !is_alive(process);
}

TEST(Worker, SaysWhyItCouldNotBeStarted) {
  const Worker none({"/nowhere/mlacheck", {"worker"}});
  EXPECT_TRUE(none.failed());
  EXPECT_EQ(none.error(), "cannot start /nowhere/mlacheck: No such file or directory");
  const Worker folder({"/tmp", {}});
  EXPECT_EQ(folder.error(), "cannot start /tmp: Permission denied");
}

TEST(Worker, AProgramThatCannotBeStartedIsAnErrorOfTheHarness) {
  WorkerClient client(runs({"/nowhere/mlacheck", {"worker"}}));
  CaseResult result;
  EXPECT_FALSE(client.ask("", 1, [](const std::string&) {}, result));
  EXPECT_EQ(result.evidence.harness_error,
            "cannot start /nowhere/mlacheck: No such file or directory");
  EXPECT_EQ(decide(result.evidence), Verdict::error);
}

TEST(Worker, ADeathBeforeForeignCodeIsAnErrorOfTheHarness) {
  WorkerClient client(runs(shell("echo the loader failed; exit 127")));
  CaseResult result;
  EXPECT_FALSE(client.ask("", 20, [](const std::string&) {}, result));
  EXPECT_EQ(result.evidence.harness_error,
            "the worker process exited with status 127 before it was ready\nthe loader failed");
}

// Waits for the question and answers it: a length, the question's number, `text`.
WorkerCommand says(const std::string& text) {
  return shell("n=" + std::to_string(text.size()) +
               R"(; f=$(mktemp); head -c 12 <&3 >"$f"
               { printf "\\$(printf %o $((n % 256)))\\$(printf %o $((n / 256)))\0\0"
                 tail -c 8 "$f"; rm "$f"; printf %s ')" +
               text + "'; } >&3; exec sleep 300");
}

TEST(Worker, AnAnswerThatMakesNoSenseIsRefusedWithWhatIsWrong) {
  CaseResult good;
  good.worst_ratio = std::numeric_limits<double>::infinity();
  const std::string text = text_of(good);
  EXPECT_EQ(case_result_of(text).worst_ratio, good.worst_ratio);
  const auto with = [&text](const std::string& from, const std::string& to) {
    std::string changed = text;
    EXPECT_NE(changed.find(from), std::string::npos) << from;
    return changed.replace(changed.find(from), from.size(), to);
  };
  for (const auto& [answer, reason] : std::map<std::string, std::string>{
           {"{}", "key 'result' not found"},
           {"", "unexpected end of input"},
           {"{\"result\":", "unexpected end of input"},
           {with("\"compared\":0", "\"compared\":\"9\""), "/result/evidence/compared"},
           {with("\"verdict\":0", "\"verdict\":8"),
            "/result/verdict) number must be 0 to 7, but is 8"},
           {with("\"checks\":[]", "\"checks\":[0,-1]"),
            "/result/checks/1) number must be 0 to " + std::to_string(kCheckNames.size() - 1)}}) {
    WorkerClient client(runs(says(answer)));
    CaseResult result;
    EXPECT_FALSE(client.ask(
        "{}", 20, [](const std::string& told) { static_cast<void>(case_result_of(told)); },
        result));
    EXPECT_EQ(decide(result.evidence), Verdict::crashed);
    EXPECT_NE(result.evidence.crash.find("the worker's answer is garbage ("), std::string::npos);
    EXPECT_NE(result.evidence.crash.find(reason), std::string::npos) << result.evidence.crash;
  }
}

TEST(Worker, TellsHowItEnded) {
  Worker exits(shell("exit 7"));
  EXPECT_EQ(ask(exits), Reply::closed);
  EXPECT_EQ(exits.bury(false).text, "exited with status 7");
  Worker dies(shell("kill -SEGV $$"));
  EXPECT_EQ(ask(dies), Reply::closed);
  EXPECT_EQ(dies.bury(false).text, "was killed by SIGSEGV");
  Worker hangs(shell("exec sleep 300"));
  EXPECT_EQ(ask(hangs, 0.1), Reply::timeout);
  EXPECT_FALSE(hangs.bury(true).by_itself);
}

TEST(Worker, ItsDeathIsSeenThoughAChildHoldsTheChannel) {
  Worker worker(shell("sleep 300 & exit 3"));
  EXPECT_EQ(ask(worker), Reply::closed);
  EXPECT_EQ(worker.bury(false).text, "exited with status 3");
}

TEST(Worker, NonsenseOnTheChannelIsNoAnswer) {
  Worker junk(shell("sleep 0.3; printf 'AAAAAAAAAAAAAAAAAAAAAAAA' >&3; exec sleep 300"));
  EXPECT_EQ(ask(junk), Reply::broken);
  // A whole message: no bytes, and a number that nobody drew.
  Worker forged(
      shell("sleep 0.3; printf '\\0\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0' >&3; exec sleep 300"));
  EXPECT_EQ(ask(forged), Reply::unasked);
}

TEST(Worker, WhatLiesInTheChannelBeforeAQuestionIsNoAnswer) {
  Worker worker(shell("printf '\\0\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0' >&3; exec sleep 300"));
  usleep(300000);
  EXPECT_EQ(ask(worker, 5), Reply::unasked);
}

TEST(Worker, IsEndedWhenItGrowsTooLarge) {
  Worker worker(shell("exec sleep 300"));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(worker, 60, 1), Reply::memory);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(Worker, DoesNotDieWithTheThreadThatAskedForIt) {
  std::unique_ptr<Worker> worker;
  std::thread([&] { worker = std::make_unique<Worker>(shell("exec sleep 300")); }).join();
  usleep(200000);
  EXPECT_EQ(ask(*worker, 0.2), Reply::timeout);
  EXPECT_FALSE(has_ended(worker->process()));
}

TEST(Worker, TakesItsDescendantsWithIt) {
  const std::string file = testing::TempDir() + "/mlacheck_worker_" + std::to_string(getpid());
  for (const char* const start : {"", "setsid "}) {
    std::remove(file.c_str());
    pid_t left = -1;
    {
      Worker worker(
          shell(std::string(start) + "sh -c 'echo $$ >" + file + "; exec sleep 300' & wait"));
      left = number_in(file);
      ASSERT_GT(left, 0);
      EXPECT_TRUE(is_alive(left));
      EXPECT_EQ(ask(worker, 0.05), Reply::timeout);
    }
    EXPECT_TRUE(ends_soon(left)) << start;
  }
  std::remove(file.c_str());
}

TEST(Worker, KeepsTheLastLinesOfThisQuestion) {
  Worker worker(shell("echo first; echo second; printf 'bad\\377\\033[31m'; exec sleep 300"));
  EXPECT_EQ(ask(worker, 1), Reply::timeout);
  EXPECT_EQ(worker.output_tail(2), "second\nbad\\xff\\x1b[31m");
  EXPECT_EQ(worker.output_tail(20), "first\nsecond\nbad\\xff\\x1b[31m");
  EXPECT_EQ(ask(worker, 0.05), Reply::timeout);
  EXPECT_EQ(worker.output_tail(20), "");
}

TEST(Worker, AFloodOfOutputTakesNoMemory) {
  Worker worker(shell("exec yes 0123456789"));
  EXPECT_EQ(ask(worker, 1), Reply::timeout);
  worker.bury(true);
  EXPECT_EQ(worker.output_tail(3).substr(0, 11), "0123456789\n");
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 600L << 10);
}

TEST(Worker, WorksWithLowDescriptorsClosed) {
  const int kept = dup(STDIN_FILENO);
  close(STDIN_FILENO);
  {
    // One end of the channel, or of the pipe, now has number 0.
    Worker worker(shell("read -r nothing; echo read; exec sleep 300"));
    EXPECT_FALSE(worker.failed()) << worker.error();
    EXPECT_EQ(ask(worker, 1), Reply::timeout);
    EXPECT_EQ(worker.output_tail(1), "read");
  }
  if (kept >= 0) dup2(kept, STDIN_FILENO);
  close(kept);
}

TEST(Channel, NumbersTravelAndRestsAreSeen) {
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  const std::string text(70000, 'x');
  std::thread sender([&] { EXPECT_TRUE(send_message(pair[0], 0xFEDCBA9876543210U, text)); });
  std::uint64_t number = 0;
  std::string message;
  EXPECT_TRUE(receive_message(pair[1], number, message));
  sender.join();
  EXPECT_EQ(number, 0xFEDCBA9876543210U);
  EXPECT_EQ(message, text);
  EXPECT_FALSE(has_pending_bytes(pair[1]));
  EXPECT_TRUE(send_message(pair[0], 1, ""));
  EXPECT_TRUE(has_pending_bytes(pair[1]));
  MessageReader reader;
  EXPECT_EQ(reader.take(pair[1]), MessageReader::State::complete);
  EXPECT_EQ(reader.number(), 1U);
  MessageReader half;
  EXPECT_EQ(send(pair[0], "\5\0\0", 3, 0), 3);
  EXPECT_EQ(half.take(pair[1]), MessageReader::State::incomplete);
  close(pair[0]);
  EXPECT_EQ(half.take(pair[1]), MessageReader::State::broken);
  EXPECT_NE(draw_number(), draw_number());
  close(pair[1]);
}

TEST(Probe, AProgramThatCannotBeStartedIsNoFaultOfTheLibrary) {
  ProbeOptions options;
  options.program = "/nowhere/mlacheck";
  EXPECT_THROW(probe_plugin("/proc/self/exe", options), std::runtime_error);
  EXPECT_THROW(probe_plugin("/nowhere/library.so", options), std::invalid_argument);
}

}  // namespace
}  // namespace mlacheck
