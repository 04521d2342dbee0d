#include "harness/worker/serve.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "harness/run/case_runner.hpp"
#include "harness/run/sweep.hpp"
#include "harness/worker/battery_options_json.hpp"
#include "harness/worker/case_result_json.hpp"
#include "harness/worker/channel.hpp"
#include "harness/worker/post_mortem.hpp"

namespace mlacheck {
namespace {

using Json = nlohmann::json;

class Server {
 public:
  Json answer(const Json& request) {
    const SweepRow& row = row_of(request);
    const ParsedCase parsed = parse_case(request.at("case").get<std::string>(), all_schemas());
    if (const auto* error = std::get_if<std::string>(&parsed)) throw std::invalid_argument(*error);
    const BatteryOptions options = battery_options_of(request.at("options"));
    return to_json(runner_->run(row, std::get<Case>(parsed), options, {}));
  }

 private:
  const SweepRow& row_of(const Json& request) {
    const auto op = request.at("op").get<std::string>();
    const auto backend = request.at("backend").get<std::string>();
    const auto variant = request.at("variant").get<std::string>();
    const std::string key = op + ' ' + backend + ' ' + variant;
    const auto known = rows_.find(key);
    if (known != rows_.end()) return known->second;
    SweepOptions selection;
    selection.ops = {op};
    selection.backends = {backend};
    selection.variants = {variant};
    std::vector<SweepRow> rows = select_rows(selection, backends_);
    if (rows.size() != 1) throw std::invalid_argument("no subject " + key);
    return rows_.emplace(key, std::move(rows.front())).first->second;
  }

  std::vector<std::unique_ptr<Backend>> backends_ = make_backends();
  std::unique_ptr<CaseRunner> runner_ = make_local_runner(backends_);
  std::map<std::string, SweepRow> rows_;
};

}  // namespace

int serve(int socket, int post_mortem) {
  if (!keep_post_mortem(post_mortem)) return kExitError;
  Server server;
  std::string message;
  while (receive_message(socket, -1, message) == Received::message) {
    Json answer;
    try {
      answer = server.answer(Json::parse(message));
    } catch (const std::exception& error) {
      CaseResult result;
      result.evidence.harness_error = error.what();
      result.verdict = decide(result.evidence);
      answer = to_json(result);
    }
    if (!send_message(socket, answer.dump())) return kExitPassed;
  }
  return kExitPassed;
}

}  // namespace mlacheck
