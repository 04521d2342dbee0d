#include "harness/case/case_file.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>

#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// Of a case line in a message: one of a thousand requests takes pages.
constexpr std::size_t kMostOfCase = 500;

constexpr std::size_t kMostRepeats = 4096;
constexpr std::size_t kMostCombinations = 10'000;
constexpr std::size_t kMostCases = 100'000;  // of a file
constexpr std::size_t kShown = 100;          // characters of a line that an error shows

[[noreturn]] void fail(const std::string& expected, std::size_t position) {
  throw std::invalid_argument("expected " + expected + " at character " +
                              std::to_string(position + 1));
}

// What stands between blanks and before a comment.
std::string_view content_of(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  line = line.substr(0, line.find('#'));
  const std::size_t first = line.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlank) - first + 1);
}

// [3*1:64] becomes [1:64,1:64,1:64].
std::string with_repeats_written_out(std::string_view line) {
  std::string text;
  std::size_t done = 0;
  for (std::size_t star = line.find('*'); star != std::string_view::npos;
       star = line.find('*', done)) {
    std::size_t digits = star;
    while (digits > done && line[digits - 1] >= '0' && line[digits - 1] <= '9') --digits;
    std::size_t count = 0;
    std::from_chars(line.data() + digits, line.data() + star, count);
    if (count < 1 || count > kMostRepeats) {
      fail("a count from 1 to " + std::to_string(kMostRepeats) + " before '*'", digits);
    }
    if (digits == 0 || (line[digits - 1] != '[' && line[digits - 1] != ',')) {
      fail("'*' only after the count of an entry of a list, as in [3*1:64],", star);
    }
    const std::size_t end = line.find_first_of(",]*", star + 1);
    if (end == std::string_view::npos || end == star + 1 || line[end] == '*') {
      fail("an entry of a list after '*'", star + 1);
    }
    text += line.substr(done, digits - done);
    const std::string_view entry = line.substr(star + 1, end - star - 1);
    for (std::size_t i = 0; i < count; ++i) (text += i == 0 ? "" : ",") += entry;
    done = end;
  }
  return text += line.substr(done);
}

// A stretch of the line: one text that always stands there, or the alternatives of a list in braces.
using Stretch = std::vector<std::string_view>;

// Takes the list that begins at `at`, and moves `at` behind it. A list behind '=' holds values of
// that field, with ',' between them; one in the place of a field holds alternatives of one or more
// fields, with '|' between them. A comma inside brackets belongs to the value of a list field.
Stretch take_list(std::string_view line, std::size_t& at) {
  const char before = at == 0 ? ' ' : line[at - 1];
  if (before != '=' && before != '(' && before != ',') fail("'{' only behind '=', '(' or ','", at);
  const char separator = before == '=' ? ',' : '|';
  Stretch alternatives;
  int brackets = 0;
  std::size_t first = ++at;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '{') fail("'}' before another '{'", at);
    if (c == '[') ++brackets;
    if (c == ']') --brackets;
    if (c != '}' && (c != separator || brackets > 0)) continue;
    if (brackets != 0) fail("']' before '}'", at);
    if (at == first) fail(separator == ',' ? "a value" : "a field", at);
    alternatives.push_back(line.substr(first, at - first));
    first = at + 1;
    if (c == separator) continue;
    ++at;
    if (at < line.size() && line[at] != ',' && line[at] != ')') fail("',' or ')' after '}'", at);
    return alternatives;
  }
  fail("'}'", at);
}

std::vector<Stretch> stretches_of(std::string_view line) {
  std::vector<Stretch> stretches;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == '{') {
      stretches.push_back(take_list(line, at));
      continue;
    }
    const std::size_t end = std::min(line.find_first_of("{}", at), line.size());
    if (end < line.size() && line[end] == '}') fail("'{' before '}'", end);
    stretches.push_back({line.substr(at, end - at)});
    at = end;
  }
  return stretches;
}

// Every combination, the last list fastest.
std::vector<std::string> expanded(std::string_view line) {
  std::vector<std::string> texts{{}};
  for (const Stretch& stretch : stretches_of(line)) {
    if (texts.size() * stretch.size() > kMostCombinations) {
      throw std::invalid_argument("more than " + std::to_string(kMostCombinations) +
                                  " combinations, expected fewer on one line");
    }
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      for (const std::string_view part : stretch) longer.push_back(text + std::string(part));
    }
    texts = std::move(longer);
  }
  return texts;
}

class FileParser {
 public:
  FileParser(const std::vector<const Schema*>& schemas, const CaseObjection& objection)
      : schemas_(schemas), objection_(objection) {}

  void add_line(std::size_t number, std::string_view line) {
    const std::vector<std::string> texts = expanded(with_repeats_written_out(line));
    if (const std::size_t all = cases_.size() + texts.size(); all > kMostCases) {
      throw std::invalid_argument(std::to_string(all) +
                                  " cases up to this line, expected at most " +
                                  std::to_string(kMostCases));
    }
    for (const std::string& text : texts) {
      add_case(number, text, text != line);
    }
  }

  std::vector<Case> take() { return std::move(cases_); }

 private:
  void add_case(std::size_t number, const std::string& text, bool was_expanded) {
    ParsedCase parsed = parse_case(text, schemas_);
    if (const auto* const reason = std::get_if<std::string>(&parsed)) {
      // The characters that the reason counts are those of the line written out.
      throw std::invalid_argument(
          *reason + (was_expanded ? ", in the combination " + excerpt(text, kShown) : ""));
    }
    Case& c = std::get<Case>(parsed);
    const std::string line = c.line();
    if (const std::string reason = objection_(c); !reason.empty()) {
      throw std::invalid_argument("case " + excerpt(line, kMostOfCase) + ": " + reason);
    }
    const auto [earlier, fresh] = first_at_.try_emplace(line, number);
    if (!fresh) {
      throw std::invalid_argument("case " + excerpt(line, kMostOfCase) + " stands on line " +
                                  std::to_string(earlier->second) +
                                  " already, expected each case once");
    }
    cases_.push_back(std::move(c));
  }

  const std::vector<const Schema*>& schemas_;
  const CaseObjection& objection_;
  std::vector<Case> cases_;
  std::map<std::string, std::size_t> first_at_;  // number of the line by case
};

}  // namespace

ParsedCases parse_case_file(std::string_view path, std::span<const std::string_view> lines,
                            const std::vector<const Schema*>& schemas,
                            const CaseObjection& objection) {
  FileParser parser(schemas, objection);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view content = content_of(lines[i]);
    if (content.empty()) continue;
    try {
      parser.add_line(i + 1, content);
    } catch (const std::invalid_argument& error) {
      return std::string(path) + ":" + std::to_string(i + 1) + ": " + error.what();
    }
  }
  std::vector<Case> cases = parser.take();
  if (cases.empty()) return std::string(path) + ": no case in it, expected one or more";
  return cases;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace mlacheck
