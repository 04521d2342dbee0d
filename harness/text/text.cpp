#include "harness/text/text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mlacheck {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// A character and the bytes that it takes; 0 bytes if the text does not begin with valid UTF-8.
struct Decoded {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

Decoded first_character(std::string_view text) {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return {lead, 1};
  std::size_t bytes = 0;
  std::uint32_t code = 0;
  std::uint32_t smallest = 0;  // code of so many bytes; a smaller one is overlong
  if ((lead & 0xe0U) == 0xc0) {
    bytes = 2;
    code = lead & 0x1fU;
    smallest = 0x80;
  } else if ((lead & 0xf0U) == 0xe0) {
    bytes = 3;
    code = lead & 0x0fU;
    smallest = 0x800;
  } else if ((lead & 0xf8U) == 0xf0) {
    bytes = 4;
    code = lead & 0x07U;
    smallest = 0x10000;
  } else {
    return {};
  }
  if (text.size() < bytes) return {};
  for (std::size_t i = 1; i < bytes; ++i) {
    const unsigned next = byte_at(text, i);
    if ((next & 0xc0U) != 0x80) return {};
    code = code << 6U | (next & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest || surrogate || code > 0x10ffff) return {};
  return {code, bytes};
}

bool is_harmful(std::uint32_t code) {
  const auto within = [code](std::uint32_t first, std::uint32_t last) {
    return code >= first && code <= last;
  };
  const bool control = code < 0x20 || within(0x7f, 0x9f) || within(0x2028, 0x2029);
  const bool direction =
      within(0x202a, 0x202e) || within(0x2066, 0x2069) || within(0x200e, 0x200f) || code == 0x061c;
  return control || direction;
}

std::string escaped(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned byte = byte_at(bytes, i);
    result += "\\x";
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 0xfU];
  }
  return result;
}

// Takes one character, or one byte that begins none, from the front of the text.
std::string take_printable(std::string_view& text, bool one_line) {
  const Decoded character = first_character(text);
  const std::string_view taken = text.substr(0, std::max<std::size_t>(1, character.bytes));
  text.remove_prefix(taken.size());
  const bool blank = !one_line && (character.code == '\n' || character.code == '\t');
  const bool harmless = character.bytes > 0 && (blank || !is_harmful(character.code));
  return harmless ? std::string(taken) : escaped(taken);
}

std::string all_printable(std::string_view text, bool one_line) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) result += take_printable(text, one_line);
  return result;
}

// What does not count as a difference between two names.
std::string folded(std::string_view word) {
  std::string result(word);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return result;
}

// Letters added, dropped, changed or swapped with their neighbour.
std::size_t edits_between(std::string_view a, std::string_view b) {
  // Row i of the table holds the edits from the first i letters of `a`; three rows are enough.
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) last[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t changed = last[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
      row[k] = std::min({last[k] + 1, row[k - 1] + 1, changed});
      const bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
      if (swapped) row[k] = std::min(row[k], before_last[k - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string printable(std::string_view text) { return all_printable(text, false); }

std::string printable_line(std::string_view text) { return all_printable(text, true); }

std::string excerpt(std::string_view text, std::size_t most) {
  std::string result;
  while (!text.empty()) {
    const std::string next = take_printable(text, true);
    if (result.size() + next.size() > most) return result + "...";
    result += next;
  }
  return result;
}

std::string shell_quoted(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./:=+,%@-").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string result = "'";
  for (const char c : text) {
    // Nothing is special between single quotes but their end.
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string closest(std::string_view word, std::span<const std::string> choices) {
  const std::string wanted = folded(word);
  std::string nearest;
  std::size_t fewest = 0;
  for (const std::string& choice : choices) {
    const std::size_t shorter = std::min(wanted.size(), choice.size());
    const std::size_t longer = std::max(wanted.size(), choice.size());
    // Where more than a third of the letters differ, another word was meant.
    const std::size_t most = longer / 3;
    if (longer - shorter > most) continue;
    const std::size_t edits = edits_between(wanted, folded(choice));
    if (edits > most || (!nearest.empty() && edits >= fewest)) continue;
    nearest = choice;
    fewest = edits;
  }
  return nearest;
}

std::string expected_one_of(std::string_view word, std::span<const std::string> choices) {
  const std::string meant = closest(word, choices);
  std::string text = meant.empty() ? "" : "did you mean '" + meant + "'? ";
  text += "expected one of";
  for (const std::string& choice : choices) text += " " + choice;
  return text;
}

}  // namespace mlacheck
