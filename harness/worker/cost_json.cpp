#include "harness/worker/cost_json.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace mlacheck {
namespace {

using Json = nlohmann::json;

Json numbers_of(const Cost& cost) {
  return {cost.launches,     cost.allocations,  cost.bytes_allocated, cost.peak_bytes,
          cost.bytes_filled, cost.bytes_copied, cost.synchronizations};
}

Cost cost_of(const Json& json) {
  const auto numbers = json.get<std::array<std::uint64_t, 7>>();
  Cost cost;
  cost.launches = numbers[0];
  cost.allocations = numbers[1];
  cost.bytes_allocated = numbers[2];
  cost.peak_bytes = numbers[3];
  cost.bytes_filled = numbers[4];
  cost.bytes_copied = numbers[5];
  cost.synchronizations = numbers[6];
  return cost;
}

}  // namespace

Json to_json(const CostRow& row) {
  return {{"op", row.op},
          {"variant", row.variant},
          {"backend", row.backend},
          {"skipped", row.skipped},
          {"failed", row.failed},
          {"error", row.error},
          {"counted", numbers_of(row.counted)},
          {"contradictions", row.contradictions},
          {"watched", row.watched},
          {"contract", row.contract ? numbers_of(*row.contract) : Json()}};
}

CostRow cost_row_of(const Json& json) {
  CostRow row;
  row.op = json.at("op").get<std::string>();
  row.variant = json.at("variant").get<std::string>();
  row.backend = json.at("backend").get<std::string>();
  row.skipped = json.at("skipped").get<std::string>();
  row.failed = json.at("failed").get<std::string>();
  row.error = json.at("error").get<std::string>();
  row.counted = cost_of(json.at("counted"));
  row.contradictions = json.at("contradictions").get<std::vector<std::string>>();
  row.watched = json.at("watched").get<bool>();
  if (!json.at("contract").is_null()) row.contract = cost_of(json.at("contract"));
  return row;
}

}  // namespace mlacheck
