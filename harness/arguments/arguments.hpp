// Options of the project's programs: what CLI11 parses, with checks and messages of our own.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace mlacheck {

/// An option with one number; given twice or out of range, it is refused. Where `value` is unsigned
/// or in seconds, the help shows it as the default.
CLI::Option* add_whole(CLI::App& command, const std::string& flag, std::int64_t& value,
                       std::int64_t least, std::int64_t most, const std::string& description);
CLI::Option* add_whole(CLI::App& command, const std::string& flag, unsigned& value, unsigned least,
                       unsigned most, const std::string& description);
/// One or more numbers after it, and repeatable.
CLI::Option* add_whole_list(CLI::App& command, const std::string& flag,
                            std::vector<std::int64_t>& values, std::int64_t least,
                            std::int64_t most, const std::string& description);
CLI::Option* add_seed(CLI::App& command, std::uint64_t& value, const std::string& description);
CLI::Option* add_seconds(CLI::App& command, const std::string& flag, double& value, double least,
                         double most, const std::string& description);

/// An option with one text that is not empty; `type` stands for it in the help.
CLI::Option* add_text(CLI::App& command, const std::string& flag, const std::string& type,
                      std::string& value, const std::string& description);
/// The same, as often as wanted. The same value twice is refused as a mistake. Each takes one
/// value, so that what follows may be a case line.
CLI::Option* add_repeatable(CLI::App& command, const std::string& flag, const std::string& type,
                            std::vector<std::string>& values, const std::string& description);

/// Parses as app.parse() does. True: go on. False: help or a version was asked for and has been
/// printed. Throws std::invalid_argument with one line if the arguments are wrong, which names the
/// word that was most likely meant.
bool parse_arguments(CLI::App& app, int argc, const char* const* argv);

}  // namespace mlacheck
