#include "harness/study/known_kills.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "harness/op/random.hpp"
#include "harness/study/mutant_run.hpp"

namespace mlacheck {

std::uint64_t part_of(std::string_view text) { return stream_of(text) % KnownKills::kParts; }

const KnownKill* KnownKills::of(const std::string& id) const {
  if (part_of(id) == part % kParts) return nullptr;
  const auto found = by_id.find(id);
  return found == by_id.end() ? nullptr : &found->second;
}

std::string known_kills_text(std::vector<MutantResult> results) {
  std::ranges::sort(results, {}, [](const MutantResult& result) { return result.mutant.id; });
  std::string text =
      "# Cases in which a mutant's main check found it: id, turn of the battery, case.\n"
      "# Written by `mlacheck mutants --write-known`.\n";
  for (const MutantResult& result : results) {
    if (result.mutant.is_control || !result.main_fired() || result.main_kill.line.empty()) continue;
    text += result.mutant.id + ' ' + std::to_string(result.main_kill.turn) + ' ' +
            result.main_kill.line + '\n';
  }
  return text;
}

std::map<std::string, KnownKill> parse_known_kills(std::string_view text) {
  std::map<std::string, KnownKill> kills;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string id;
    KnownKill kill;
    if (!(words >> id >> kill.turn >> kill.line) || kill.turn < 0) {
      throw std::invalid_argument("line " + std::to_string(number) + ": '" + line.substr(0, 40) +
                                  "', expected the id of a mutant, a turn and a case");
    }
    kills[id] = kill;
  }
  return kills;
}

}  // namespace mlacheck
