// The --help of the project's programs: whole words in 80 columns.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mlacheck {

/// Sets up a program: `name` is what its help calls it. The help of its commands looks the same, if
/// they are added later.
void use_our_help(CLI::App& app, const std::string& name);

/// `text` broken between words into lines of at most `width` columns; every line but the first
/// begins with `indent` blanks, and the first is taken to stand there, too.
std::string in_columns(const std::string& text, std::size_t indent, std::size_t width = 79);

}  // namespace mlacheck
