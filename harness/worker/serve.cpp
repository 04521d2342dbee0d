#include "harness/worker/serve.hpp"

#include <fcntl.h>

#include <map>
#include <new>
#include <nlohmann/json.hpp>

#include "harness/environment/float_environment.hpp"
#include "harness/process/channel.hpp"
#include "harness/process/own_process.hpp"
#include "harness/process/post_mortem.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/sweep/case_runner.hpp"
#include "harness/sweep/cost_run.hpp"
#include "harness/sweep/row.hpp"
#include "harness/worker/battery_options_json.hpp"
#include "harness/worker/case_result_json.hpp"
#include "harness/worker/cost_json.hpp"
#include "harness/worker/subject_json.hpp"

namespace mlacheck {
namespace {

using Json = nlohmann::json;

class Server {
 public:
  Json answer(const Json& request) {
    const std::string key = key_of(request);
    const Row* const row = row_of(request, key);
    if (row == nullptr) return to_json(changed_library(key));
    const ParsedCase parsed = parse_case(request.at("case").get<std::string>(), all_schemas());
    if (const auto* error = std::get_if<std::string>(&parsed)) throw std::invalid_argument(*error);
    const Case& c = std::get<Case>(parsed);
    if (request.at("kind") == "cost") {
      return to_json(count_cost(c, *row, backend_named(backends_, row->backend)));
    }
    return to_json(runner_->run(*row, c, battery_options_of(request.at("options")), {}));
  }

 private:
  static std::string key_of(const Json& request) {
    return request.at("op").get<std::string>() + ' ' + request.at("backend").get<std::string>() +
           ' ' + request.at("variant").get<std::string>();
  }

  // The parent knows the subject from another process, to which the library told its tables.
  static CaseResult changed_library(const std::string& key) {
    CaseResult result;
    result.evidence.crash =
        "the library has no subject " + key + " here, which it had when it was asked before";
    result.verdict = decide(result.evidence);
    return result;
  }

  const Row* row_of(const Json& request, const std::string& key) {
    const auto known = rows_.find(key);
    if (known != rows_.end()) return &known->second;
    Selection selection;
    selection.ops = {request.at("op").get<std::string>()};
    selection.backends = {request.at("backend").get<std::string>()};
    selection.variants = {request.at("variant").get<std::string>()};
    std::vector<Row> rows;
    try {
      rows = select_rows(selection, backends_);
    } catch (const std::invalid_argument&) {
      return nullptr;
    }
    if (rows.size() == 1) return &rows_.emplace(key, std::move(rows.front())).first->second;
    return nullptr;
  }

  std::vector<std::unique_ptr<Backend>> backends_ = make_backends();
  std::unique_ptr<CaseRunner> runner_ = make_local_runner(backends_);
  std::map<std::string, Row> rows_;
};

Json failed_answer(const Json& request, const std::string& error) {
  if (request.is_object() && request.value("kind", "") == "cost") {
    CostRow row;
    row.op = request.value("op", "");
    row.variant = request.value("variant", "");
    row.backend = request.value("backend", "");
    row.error = error;
    return to_json(row);
  }
  CaseResult result;
  result.evidence.harness_error = error;
  result.verdict = decide(result.evidence);
  return to_json(result);
}

Json answer_to(Server& server, const std::string& message) {
  Json request;
  try {
    request = Json::parse(message);
    return server.answer(request);
  } catch (const std::bad_alloc&) {
    return failed_answer(request, "no memory for case " + request.value("case", ""));
  } catch (const std::exception& error) {
    return failed_answer(request, error.what());
  }
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void begin(int socket, int post_mortem) {
  restore_signals();
  // What a subject starts must not hold them.
  for (const int descriptor : {socket, post_mortem}) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

Json description_of(const WorkerLibraries& libraries) {
  if (!libraries.mutants.empty()) {
    return {{"library", to_json(describe_mutants(libraries.mutants.front()))}};
  }
  return {{"library", to_json(describe_plugin(libraries.plugins.at(0)))}};
}

}  // namespace

int serve(int socket, int post_mortem, const WorkerLibraries& libraries) {
  begin(socket, post_mortem);
  if (!keep_post_mortem(post_mortem)) return kExitError;
  Server server;
  static_cast<void>(subject_tables());
  note_foreign_code();
  for (const std::string& path : libraries.plugins) add_plugin(path);
  for (const std::string& path : libraries.mutants) add_mutants(path);
  std::string message;
  std::uint64_t number = 0;
  while (receive_message(socket, number, message)) {
    note_question(number);
    set_float_environment(standard_float_environment());
    const Json answer = answer_to(server, message);
    wait_for_strays();
    if (!send_message(socket, number, text_of(answer))) break;
  }
  return kExitPassed;
}

int describe(int socket, int post_mortem, const WorkerLibraries& libraries) {
  begin(socket, post_mortem);
  if (!keep_post_mortem(post_mortem)) return kExitError;
  note_foreign_code();
  std::string message;
  std::uint64_t number = 0;
  while (receive_message(socket, number, message)) {
    note_question(number);
    Json answer;
    try {
      answer = description_of(libraries);
    } catch (const std::invalid_argument& refused) {
      answer = {{"refused", refused.what()}};
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    wait_for_strays();
    if (!send_message(socket, number, text_of(answer))) break;
  }
  return kExitPassed;
}

}  // namespace mlacheck
