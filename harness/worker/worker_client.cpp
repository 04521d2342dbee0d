#include "harness/worker/worker_client.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "harness/environment/interrupt.hpp"
#include "harness/verdict/choice.hpp"
#include "harness/worker/last_words.hpp"

namespace mlacheck {
namespace {

constexpr int kTailLines = 20;

std::string places_of(const PostMortem& page) {
  const auto end = std::ranges::find(page.traceback, '\0');
  return python_places({page.traceback.begin(), end});
}

}  // namespace

WorkerClient::WorkerClient(WorkerRunnerOptions options) : options_(std::move(options)) {}

bool WorkerClient::start(Evidence& evidence) {
  if (std::exchange(spoiled_, false)) worker_.reset();
  if (worker_ != nullptr) {
    before_ = resident_;
    return true;
  }
  before_ = 0;
  resident_ = 0;
  worker_ = std::make_unique<Worker>(options_.command);
  if (!worker_->failed()) return true;
  evidence.harness_error = worker_->error();
  worker_.reset();
  return false;
}

// Memory that earlier questions left behind does not count against this one: a new worker is asked
// again.
Reply WorkerClient::ask_within_memory(const std::string& text, double seconds, std::string& answer,
                                      Evidence& evidence) {
  while (true) {
    const Reply reply = worker_->ask(
        text, {seconds, options_.memory, options_.load_seconds, options_.first_call_seconds},
        answer);
    resident_ = worker_->resident_bytes(options_.memory);
    const bool collected = before_ > options_.memory / 2;
    if (reply != Reply::memory || !collected) return reply;
    worker_.reset();
    if (!start(evidence)) return Reply::closed;
  }
}

bool WorkerClient::ask(const std::string& question, double seconds,
                       const std::function<void(const std::string&)>& understand,
                       CaseResult& result) {
  result.interrupted = interrupted_by() != 0;
  if (result.interrupted || !start(result.evidence)) return false;
  std::string answer;
  std::string wrong;
  Reply reply = ask_within_memory(question, seconds, answer, result.evidence);
  if (worker_ == nullptr) return false;
  if (reply == Reply::answer && !worker_->has_strays()) {
    try {
      understand(answer);
      spoiled_ = worker_->is_spoiled();
      return true;
    } catch (const std::exception& error) {
      result = {};
      wrong = fmt::format(" ({})", error.what());
      reply = Reply::broken;
    }
  }
  if (reply == Reply::interrupted) {
    result.interrupted = true;
  } else {
    explain(reply, wrong, result);
  }
  worker_.reset();
  return false;
}

bool WorkerClient::look_at_memory(Evidence& evidence) {
  if (worker_ == nullptr || resident_ <= options_.memory) return true;
  const bool blamed = resident_ > before_ && resident_ - before_ > options_.memory / 2;
  if (blamed) evidence.crash = growth();
  worker_.reset();
  return !blamed;
}

std::string WorkerClient::growth() const {
  const std::size_t grown = resident_ > before_ ? resident_ - before_ : 0;
  return fmt::format(
      "the worker grew by {} MiB to {} MiB during this case, over the limit of {} MiB "
      "(--worker-gib)",
      grown >> 20, resident_ >> 20, options_.memory >> 20);
}

// A forked copy of the worker that goes on would answer in its place, or write into the shared
// page.
bool WorkerClient::explain_stray(Evidence& evidence) {
  if (!worker_->has_strays()) return false;
  evidence.crash = "a child process that the subject forked came back into the harness";
  if (!worker_->stray_is_of_last_question()) {
    evidence.crash += "; it was forked during an earlier case, or while the library was loaded";
  }
  return true;
}

// `wrong`: what is the matter with an answer that is a message, but none that can be understood.
void WorkerClient::explain(Reply reply, const std::string& wrong, CaseResult& result) {
  Evidence& evidence = result.evidence;
  const Death death = worker_->bury(reply != Reply::closed);
  if (explain_stray(evidence)) return;
  const PostMortem& post_mortem = worker_->post_mortem();
  add_noted_findings(post_mortem, result);
  const std::string places = death.by_itself ? places_of(post_mortem) : "";
  const std::string check = post_mortem.check.data();
  result.ended_in = check.substr(0, check.find(", "));
  const std::string during = check.empty() ? "" : " during: " + check;
  if (post_mortem.fault.front() != '\0' && death.by_itself) {
    evidence.executed = true;
    Finding finding(Check::guard,
                    fmt::format("{} ({}){}{}", post_mortem.fault.data(), check,
                                places.empty() ? "" : "; at ", places),
                    "", "page");
    // A unit that has alternatives notes which one it tries: "address width, K13=9".
    if (const auto comma = check.find(", "); comma != std::string::npos) {
      finding.choice = parse_choice(check.substr(comma + 2));
      if (finding.choice) finding.check = finding.choice->check;
    }
    finding.unit = result.ended_in;
    result.checks.push_back(finding.check);
    evidence.findings.push_back(std::move(finding));
    return;
  }
  const std::string tail = worker_->output_tail(kTailLines);
  const std::string printed = tail.empty() ? "" : "\n" + tail;
  if (reply == Reply::closed && !worker_->has_begun()) {
    evidence.harness_error =
        fmt::format("the worker process {} before it was ready{}", death.text, printed);
    return;
  }
  const std::string ended = death.by_itself ? "; it " + death.text : "";
  switch (reply) {
    case Reply::timeout:
      evidence.timeout = fmt::format("no answer within {}{}{}", worker_->limit(), during, printed);
      return;
    case Reply::memory:
      evidence.crash = growth() + during + printed;
      return;
    case Reply::interrupted:
      break;  // the caller has seen to it
    case Reply::answer:
    case Reply::broken:
      evidence.crash =
          fmt::format("the worker's answer is garbage{}{}{}{}", wrong, ended, during, printed);
      return;
    case Reply::unasked:
      evidence.crash =
          fmt::format("the worker's channel holds a message that nobody asked for{}{}{}", ended,
                      during, printed);
      return;
    case Reply::closed:
      break;
  }
  evidence.crash = fmt::format("the worker {} in the middle of the case{}{}{}{}",
                               death.by_itself ? death.text : "closed its channel", during,
                               places.empty() ? "" : "\nat ", places, printed);
}

}  // namespace mlacheck
