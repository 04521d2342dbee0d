// Text that people and shells can take: what came from outside made harmless, and words that were
// meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mlacheck {

/// `text` with \xNN in place of every byte that is no valid UTF-8 or belongs to a control character
/// (C0 but for newline and tab, DEL, C1, line and paragraph separators) or to a mark that changes
/// the direction of writing. The result is valid UTF-8 and leaves a terminal as it is.
std::string printable(std::string_view text);

/// The same in one line, for names: newlines and tabs are escaped, too.
std::string printable_line(std::string_view text);

/// printable_line(), cut after about `most` bytes with "..." where that is longer.
std::string excerpt(std::string_view text, std::size_t most = 40);

/// One word of a POSIX shell that stands for `text`: the text itself if it is plain, otherwise in
/// single quotes.
std::string shell_quoted(std::string_view text);

/// The choice that `word` was most likely meant to be: the fewest letters added, dropped, changed
/// or swapped with their neighbour, whatever their case. Empty if no choice is near.
std::string closest(std::string_view word, std::span<const std::string> choices);

/// "did you mean 'b'? expected one of a b c"; without the question if none of them is near. The
/// list may be long, so the question comes first.
std::string expected_one_of(std::string_view word, std::span<const std::string> choices);

}  // namespace mlacheck
