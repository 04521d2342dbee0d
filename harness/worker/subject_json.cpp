#include "harness/worker/subject_json.hpp"

#include <nlohmann/json.hpp>

namespace mlacheck {
namespace {

using Json = nlohmann::json;

Json subject_json(const Subject& subject) {
  const Conventions& conventions = subject.conventions;
  const Numerics& numerics = subject.numerics;
  return {{"variant", subject.variant},
          {"baseline", subject.baseline},
          {"contract", subject.contract},
          {"bitwise", subject.agreement == Agreement::bitwise},
          {"may_be_unavailable", static_cast<bool>(subject.unavailable)},
          {"unavailable", subject.unavailable ? subject.unavailable() : ""},
          {"lse_base_two", conventions.lse_base == Conventions::LseBase::two},
          {"tokens_heads", conventions.lse_layout == Conventions::LseLayout::tokens_heads},
          {"plus_infinity_is_empty", conventions.plus_infinity_is_empty},
          {"refuses_overlap", conventions.refuses_overlap},
          {"accumulator_digits", numerics.accumulator_digits},
          {"probability_digits", numerics.probability_digits},
          {"exp_error_ulps", numerics.exp_error_ulps},
          {"truncating_products", numerics.truncating_products}};
}

Subject subject_of(const Json& json) {
  Subject subject;
  subject.variant = json.at("variant").get<std::string>();
  subject.baseline = json.at("baseline").get<std::string>();
  subject.contract = json.at("contract").get<std::string>();
  subject.agreement = json.at("bitwise").get<bool>() ? Agreement::bitwise : Agreement::within_bound;
  if (json.at("may_be_unavailable").get<bool>()) {
    subject.unavailable = [reason = json.at("unavailable").get<std::string>()] { return reason; };
  }
  Conventions& conventions = subject.conventions;
  if (json.at("lse_base_two").get<bool>()) conventions.lse_base = Conventions::LseBase::two;
  if (json.at("tokens_heads").get<bool>()) {
    conventions.lse_layout = Conventions::LseLayout::tokens_heads;
  }
  conventions.plus_infinity_is_empty = json.at("plus_infinity_is_empty").get<bool>();
  conventions.refuses_overlap = json.at("refuses_overlap").get<bool>();
  Numerics& numerics = subject.numerics;
  json.at("accumulator_digits").get_to(numerics.accumulator_digits);
  json.at("probability_digits").get_to(numerics.probability_digits);
  json.at("exp_error_ulps").get_to(numerics.exp_error_ulps);
  json.at("truncating_products").get_to(numerics.truncating_products);
  return subject;
}

SubjectTable table_of(const Json& json) {
  SubjectTable table;
  table.op = json.at("op").get<std::string>();
  table.backend = json.at("backend").get<std::string>();
  for (const Json& tile : json.at("tiles")) {
    table.tiles.push_back({tile.at(0).get<std::string>(), tile.at(1).get<std::int64_t>()});
  }
  for (const Json& subject : json.at("subjects")) table.subjects.push_back(subject_of(subject));
  return table;
}

}  // namespace

Json to_json(const std::vector<SubjectTable>& tables) {
  Json result = Json::array();
  for (const SubjectTable& table : tables) {
    Json tiles = Json::array();
    for (const Tile& tile : table.tiles) tiles.push_back({tile.axis, tile.extent});
    Json subjects = Json::array();
    for (const Subject& subject : table.subjects) subjects.push_back(subject_json(subject));
    result.push_back({{"op", table.op},
                      {"backend", table.backend},
                      {"tiles", std::move(tiles)},
                      {"subjects", std::move(subjects)}});
  }
  return result;
}

std::vector<SubjectTable> subject_tables_of(const Json& json) {
  std::vector<SubjectTable> tables;
  for (const Json& table : json) tables.push_back(table_of(table));
  return tables;
}

Json to_json(const MutantLibrary& library) {
  Json mutants = Json::array();
  for (const Mutant& mutant : library.mutants) {
    mutants.push_back({{"id", mutant.id},
                       {"op", mutant.op},
                       {"backend", mutant.backend},
                       {"variant", mutant.variant},
                       {"summary", mutant.summary},
                       {"checks", mutant.checks},
                       {"reason", mutant.reason},
                       {"is_control", mutant.is_control}});
  }
  return {{"mutants", std::move(mutants)}, {"tables", to_json(library.tables)}};
}

MutantLibrary mutant_library_of(const Json& json) {
  MutantLibrary library;
  for (const Json& entry : json.at("mutants")) {
    Mutant& mutant = library.mutants.emplace_back();
    entry.at("id").get_to(mutant.id);
    entry.at("op").get_to(mutant.op);
    entry.at("backend").get_to(mutant.backend);
    entry.at("variant").get_to(mutant.variant);
    entry.at("summary").get_to(mutant.summary);
    entry.at("checks").get_to(mutant.checks);
    entry.at("reason").get_to(mutant.reason);
    entry.at("is_control").get_to(mutant.is_control);
  }
  library.tables = subject_tables_of(json.at("tables"));
  return library;
}

}  // namespace mlacheck
