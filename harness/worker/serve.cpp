#include "harness/worker/serve.hpp"

#include <fcntl.h>

#include <chrono>
#include <functional>
#include <map>
#include <new>
#include <stdexcept>

#include "harness/environment/float_environment.hpp"
#include "harness/process/channel.hpp"
#include "harness/process/own_process.hpp"
#include "harness/process/post_mortem.hpp"
#include "harness/subjects/pieces.hpp"
#include "harness/sweep/case_runner.hpp"
#include "harness/sweep/row.hpp"
#include "harness/worker/last_words.hpp"
#include "harness/worker/protocol.hpp"

namespace mlacheck {
namespace {

// An answer without a result. `why` goes to the member that says whether the subject or the harness
// failed.
std::string text_of_none(const Question& question, std::string Evidence::* evidence,
                         std::string CostRow::* cost, const std::string& why) {
  if (!question.battery) {
    CostRow row;
    row.op = question.op;
    row.variant = question.variant;
    row.backend = question.backend;
    row.*cost = why;
    return text_of(row);
  }
  CaseResult result;
  result.evidence.*evidence = why;
  result.verdict = decide(result.evidence);
  return text_of(result);
}

class Server {
 public:
  std::string answer(const Question& question) {
    const std::string key = question.op + ' ' + question.backend + ' ' + question.variant;
    const Row* const row = row_of(question, key);
    if (row == nullptr) {
      // The parent knows the subject from another process, to which the library told its tables.
      return text_of_none(
          question, &Evidence::crash, &CostRow::failed,
          "the library has no subject " + key + " here, which it had when it was asked before");
    }
    const ParsedCase parsed = parse_case(question.line, all_schemas());
    if (const auto* error = std::get_if<std::string>(&parsed)) throw std::invalid_argument(*error);
    const Case& c = std::get<Case>(parsed);
    if (question.battery) return text_of(runner_->run(*row, c, *question.battery, {}));
    return text_of(count_cost(c, *row, backend_named(backends_, row->backend)));
  }

 private:
  const Row* row_of(const Question& question, const std::string& key) {
    const std::string place = key + ' ' + question.where;
    const auto known = rows_.find(place);
    if (known != rows_.end()) return &known->second;
    Selection selection;
    selection.ops = {question.op};
    selection.backends = {question.backend};
    selection.variants = {question.variant};
    selection.where = question.where;
    std::vector<Row> rows;
    try {
      rows = select_rows(selection, backends_);
    } catch (const std::invalid_argument&) {
      return nullptr;
    }
    if (rows.size() == 1) return &rows_.emplace(place, std::move(rows.front())).first->second;
    return nullptr;
  }

  std::vector<std::unique_ptr<Backend>> backends_ = make_backends();
  std::unique_ptr<CaseRunner> runner_ = make_local_runner(backends_);
  std::map<std::string, Row> rows_;
};

std::string answer_to(Server& server, const std::string& message) {
  Question question;
  question.battery.emplace();  // one that cannot be read is answered as a case
  const auto failed = [&question](const std::string& why) {
    return text_of_none(question, &Evidence::harness_error, &CostRow::error, why);
  };
  try {
    question = question_of(message);
    return server.answer(question);
  } catch (const std::bad_alloc&) {
    return failed("no memory for case " + question.line);
  } catch (const std::exception& error) {
    return failed(error.what());
  }
}

Description description_of_one(const WorkerLibraries& libraries) {
  try {
    if (!libraries.mutants.empty()) return {describe_mutants(libraries.mutants.front()), "", ""};
    return {{{}, describe_plugin(libraries.plugins.at(0))}, "", ""};
  } catch (const std::invalid_argument& refused) {
    return {{}, refused.what(), ""};
  } catch (const std::exception& error) {
    return {{}, "", error.what()};
  }
}

// False if the page could not be mapped that tells how far a process came that died.
bool begin(int socket, int post_mortem) {
  restore_signals();
  // Processes that a subject starts must not inherit them.
  for (const int descriptor : {socket, post_mortem}) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return keep_post_mortem(post_mortem);
}

// How long a child may take to come back before the answer goes out. A library is described once.
// Afterwards it could not be told that its child was forked while it was loaded.
constexpr std::chrono::milliseconds kAfterCase{10};
constexpr std::chrono::milliseconds kAfterLoading{500};

int answer_all(int socket, std::chrono::milliseconds patience,
               const std::function<std::string(const std::string&)>& answer) {
  std::string message;
  std::uint64_t number = 0;
  while (receive_message(socket, number, message)) {
    note_question(number);
    const std::string text = answer(message);
    wait_for_strays(patience);
    if (!send_message(socket, number, text)) break;
  }
  return kExitPassed;
}

}  // namespace

int serve(int socket, int post_mortem, const WorkerLibraries& libraries) {
  if (!begin(socket, post_mortem)) return kExitError;
  Server server;
  static_cast<void>(subject_tables());
  keep_findings();
  note_foreign_code();
  for (const std::string& path : libraries.plugins) add_plugin(path);
  for (const std::string& path : libraries.mutants) add_mutants(path);
  add_pieces(libraries.pieces);
  note_ready();
  return answer_all(socket, kAfterCase, [&server](const std::string& message) {
    set_float_environment(standard_float_environment());
    return answer_to(server, message);
  });
}

int describe(int socket, int post_mortem, const WorkerLibraries& libraries) {
  if (!begin(socket, post_mortem)) return kExitError;
  note_foreign_code();
  return answer_all(socket, kAfterLoading,
                    [&](const std::string&) { return text_of(description_of_one(libraries)); });
}

}  // namespace mlacheck
