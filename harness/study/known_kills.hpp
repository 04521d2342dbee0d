// The cases that killed the mutants before: what a run may begin with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mlacheck {

struct MutantResult;

/// A case in which a mutant's main check found it.
struct KnownKill {
  std::string line;
  std::int64_t turn = 0;  ///< of the battery then: which alternatives its checks tried
};

struct KnownKills {
  /// Of these many parts of the mutants one is hunted anew, whatever is known.
  static constexpr std::uint64_t kParts = 10;

  std::map<std::string, KnownKill> by_id{};
  std::uint64_t part = 0;  ///< the one that is hunted, by any number

  /// What to try first; null if the mutant is to be hunted.
  const KnownKill* of(const std::string& id) const;
};

/// A part for each text, such as a commit.
std::uint64_t part_of(std::string_view text);

/// A line for each mutant that its main check found: id, turn and case line.
std::string known_kills_text(std::vector<MutantResult> results);

/// The same read back. Empty lines, and those that begin with '#', are left out. Throws
/// std::invalid_argument with the number of a line of another form.
std::map<std::string, KnownKill> parse_known_kills(std::string_view text);

}  // namespace mlacheck
