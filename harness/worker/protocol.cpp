#include "harness/worker/protocol.hpp"

#include <bit>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>

// What is refused is named with its place in the message.
#define JSON_DIAGNOSTICS 1
#include <nlohmann/json.hpp>

using Json = nlohmann::json;

/// Null stands for nothing.
template <typename Value>
struct nlohmann::adl_serializer<std::optional<Value>> {
  static void to_json(Json& json, const std::optional<Value>& value) {
    json = value ? Json(*value) : Json();
  }
  static void from_json(const Json& json, std::optional<Value>& value) {
    if (!json.is_null()) value = json.get<Value>();
  }
};

namespace mlacheck {

// How many values an enumeration has. It travels as a number.
template <typename Enum>
constexpr std::size_t kValues = 2;
template <>
constexpr std::size_t kValues<Check> = kCheckNames.size();
template <>
constexpr std::size_t kValues<Verdict> = kVerdictCount;
template <>
constexpr std::size_t kValues<Agreement> = 3;
template <>
constexpr std::size_t kValues<ScaleOfGroup> = 4;

template <typename Enum>
  requires std::is_enum_v<Enum>
void from_json(const Json& json, Enum& value) {
  const auto number = json.get<std::size_t>();
  if (number >= kValues<Enum>) {
    const std::string most = std::to_string(kValues<Enum> - 1);
    throw Json::out_of_range::create(401, "number must be 0 to " + most + ", but is " + json.dump(),
                                     &json);
  }
  value = static_cast<Enum>(number);
}

// In each direction. nlohmann finds them here, by the namespace of the types.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Choice, check, number)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Signature, check, operand, kind)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Target, signature, exact)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BatteryOptions, effort, stop_at_first, go_on, turn, choices,
                                   thorough, only, only_unit, only_width_unit, until)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Question, op, backend, variant, where, line, battery)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Finding, check, text, operand, kind, choice, unit)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LeftOut, check, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Evidence, executed, receipt, compared, skip_reason,
                                   harness_error, crash, timeout, findings, left_out)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CaseResult, verdict, evidence, checks, ratios, rule)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cost, launches, allocations, bytes_allocated, peak_bytes,
                                   bytes_filled, bytes_copied, synchronizations)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CostRow, op, variant, backend, skipped, failed, error, counted,
                                   contradictions, watched, contract)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Tile, axis, extent)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Conventions, lse_base, lse_layout, plus_infinity_is_empty,
                                   refuses_overlap, zero_has_sign, batch_invariant)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Numerics, accumulator_digits, probability_digits, exp_error_ulps,
                                   truncating_products, operand_digits, product_digits, scale_rule,
                                   exp_error_absolute, log_error_absolute, division_error_ulps,
                                   scale_error_ulps, any_nan_code)

// All but `unavailable`, which becomes what it returns.
void to_json(Json& json, const Subject& subject);
void from_json(const Json& json, Subject& subject);

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SubjectTable, op, backend, machine, tiles, subjects)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Mutant, id, op, backend, variant, summary, checks, reason,
                                   is_control, left_out, tool, only_gpu, only_on)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MutantLibrary, mutants, tables)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Description, library, refused, error)

void to_json(Json& json, const Subject& subject) {
  json = {{"variant", subject.variant},
          {"baseline", subject.baseline},
          {"agreement", subject.agreement},
          {"unavailable", subject.unavailable ? Json(subject.unavailable()) : Json()},
          {"conventions", subject.conventions},
          {"numerics", subject.numerics},
          {"contract", subject.contract},
          {"domain", subject.domain}};
}

void from_json(const Json& json, Subject& subject) {
  json.at("variant").get_to(subject.variant);
  json.at("baseline").get_to(subject.baseline);
  json.at("agreement").get_to(subject.agreement);
  const auto reason = json.at("unavailable").get<std::optional<std::string>>();
  if (reason) subject.unavailable = [reason] { return *reason; };
  json.at("conventions").get_to(subject.conventions);
  json.at("numerics").get_to(subject.numerics);
  json.at("contract").get_to(subject.contract);
  json.at("domain").get_to(subject.domain);
}

namespace {

// JSON has no NaN and no infinity, and the ratio may be either: its bits travel.
struct CaseAnswer {
  CaseResult result;
  std::uint64_t worst_ratio = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CaseAnswer, result, worst_ratio)

// Subjects print what they like: bytes that are no UTF-8 must not stop a message.
void make_printable(Json& json) {
  if (json.is_structured()) {
    for (Json& part : json) make_printable(part);
  } else if (json.is_string()) {
    for (char& c : json.get_ref<std::string&>()) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80 || (byte < 0x20 && c != '\n' && c != '\t')) c = '?';
    }
  }
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Value>
Value value_of(const std::string& text) {
  try {
    return Json::parse(text).get<Value>();
  } catch (const Json::exception& error) {
    // Without "[json.exception.type_error.302] ".
    const std::string reason = error.what();
    throw std::invalid_argument(reason.substr(reason.find("] ") + 2));
  }
}

}  // namespace

std::string text_of(const Question& question) { return dumped(question); }
std::string text_of(const CostRow& answer) { return dumped(answer); }
std::string text_of(const Description& answer) { return dumped(answer); }

std::string text_of(const CaseResult& answer) {
  Json json = CaseAnswer{answer, std::bit_cast<std::uint64_t>(answer.worst_ratio)};
  make_printable(json);
  return dumped(json);
}

Question question_of(const std::string& text) { return value_of<Question>(text); }
CostRow cost_row_of(const std::string& text) { return value_of<CostRow>(text); }
Description description_of(const std::string& text) { return value_of<Description>(text); }

CaseResult case_result_of(const std::string& text) {
  auto answer = value_of<CaseAnswer>(text);
  answer.result.worst_ratio = std::bit_cast<double>(answer.worst_ratio);
  return std::move(answer.result);
}

}  // namespace mlacheck
