#include "harness/arguments/arguments.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <stdexcept>

#include "harness/arguments/numbers.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

using Parse = std::function<void(const std::string&)>;

CLI::Option* add_parsed(CLI::App& command, const std::string& flag, const std::string& type,
                        const Parse& parse, const std::string& description) {
  return command.add_option_function<std::string>(flag, parse, description)->type_name(type);
}

std::string with_default(const std::string& description, double value) {
  return fmt::format("{} (default: {:g})", description, value);
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }
bool repeatable(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) names.push_back("--" + option->get_lnames().front());
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

// The words after a command, each option's value as a word of its own: CLI11 would take the next
// option for the value of an empty one, as in "--seed= --jobs 2". Refuses what the command does
// not know.
class Words {
 public:
  Words(const CLI::App& command, std::vector<std::string> given)
      : command_(command), given_(std::move(given)) {}

  std::vector<std::string> checked() {
    while (next_ < given_.size()) {
      const std::string& word = given_[next_++];
      if (word == "--") {
        result_.insert(result_.end(), given_.begin() + static_cast<std::ptrdiff_t>(next_ - 1),
                       given_.end());
        break;
      }
      if (word.size() > 1 && word.front() == '-') {
        take_option(word);
      } else {
        take_argument(word);
      }
    }
    return std::move(result_);
  }

 private:
  // -1 is none: it may be a value.
  bool is_option(const std::string& word) const {
    return word.starts_with("--") ||
           (word.starts_with('-') && command_.get_option_no_throw(word) != nullptr);
  }

  void take_argument(const std::string& word) {
    std::size_t most = 0;
    std::string last;
    for (const CLI::Option* option : command_.get_options()) {
      if (option->nonpositional()) continue;
      most += static_cast<std::size_t>(option->get_items_expected_max());
      last = option->get_name(true);
    }
    if (most == 0) {
      throw std::invalid_argument(
          fmt::format("argument '{}': {} takes options only, {}", excerpt(word),
                      command_.get_name(), expected_one_of("--" + word, option_names(command_))));
    }
    if (arguments_ == most) {
      throw std::invalid_argument(fmt::format("argument '{}': {} expects no other after {}",
                                              excerpt(word), command_.get_name(), last));
    }
    ++arguments_;
    result_.push_back(word);
  }

  void take_option(const std::string& word) {
    const bool is_long = word.compare(0, 2, "--") == 0;
    const std::size_t equals = is_long ? word.find('=') : std::string::npos;
    const std::string name = word.substr(0, equals);
    const CLI::Option* const option = command_.get_option_no_throw(name);
    if (option == nullptr || !option->nonpositional()) {
      throw std::invalid_argument(fmt::format("option '{}' of {}: {}", excerpt(name),
                                              command_.get_name(),
                                              expected_one_of(name, option_names(command_))));
    }
    if (!takes_value(*option)) {
      if (equals != std::string::npos) throw std::invalid_argument(name + ": expected no value");
      result_.push_back(name);
      return;
    }
    if (!repeatable(*option) && std::find(once_.begin(), once_.end(), option) != once_.end()) {
      throw std::invalid_argument(name + ": given twice, expected one");
    }
    once_.push_back(option);
    if (equals == std::string::npos && (next_ == given_.size() || is_option(given_[next_]))) {
      const std::string found =
          next_ == given_.size() ? "" : ", found option '" + excerpt(given_[next_]) + "'";
      throw std::invalid_argument(name + ": expected " + option->get_type_name() + " after it" +
                                  found);
    }
    result_.push_back(name);
    result_.push_back(equals == std::string::npos ? given_[next_++] : word.substr(equals + 1));
    if (!option->get_allow_extra_args()) return;
    while (next_ < given_.size() && !given_[next_].starts_with('-')) {
      result_.push_back(given_[next_++]);
    }
  }

  const CLI::App& command_;
  std::vector<std::string> given_;
  std::size_t next_ = 0;
  std::size_t arguments_ = 0;
  std::vector<std::string> result_;
  std::vector<const CLI::Option*> once_;
};

// The command that the first word names; null for the program itself, if it has none or an option
// comes first.
const CLI::App* command_of(const CLI::App& app, const std::vector<std::string>& words) {
  const std::vector<std::string> names = command_names(app);
  if (names.empty()) return nullptr;
  if (words.empty()) {
    throw std::invalid_argument(fmt::format("no command given: {}; see {} --help",
                                            expected_one_of("", names), app.get_name()));
  }
  const std::string& word = words.front();
  if (word.size() > 1 && word.front() == '-') return nullptr;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == word) return command;
  }
  throw std::invalid_argument("command '" + excerpt(word) + "': " + expected_one_of(word, names));
}

}  // namespace

CLI::Option* add_whole(CLI::App& command, const std::string& flag, std::int64_t& value,
                       std::int64_t least, std::int64_t most, const std::string& description) {
  return add_parsed(
      command, flag, "N",
      [flag, &value, least, most](const std::string& text) {
        value = whole_number(flag, text, least, most);
      },
      description);
}

CLI::Option* add_whole(CLI::App& command, const std::string& flag, unsigned& value, unsigned least,
                       unsigned most, const std::string& description) {
  return add_parsed(
      command, flag, "N",
      [flag, &value, least, most](const std::string& text) {
        value = static_cast<unsigned>(
            whole_number(flag, text, std::int64_t{least}, std::int64_t{most}));
      },
      with_default(description, value));
}

CLI::Option* add_whole_list(CLI::App& command, const std::string& flag,
                            std::vector<std::int64_t>& values, std::int64_t least,
                            std::int64_t most, const std::string& description) {
  const auto parse = [flag, &values, least, most](const std::vector<std::string>& texts) {
    values.clear();
    for (const std::string& text : texts) values.push_back(whole_number(flag, text, least, most));
  };
  return command.add_option_function<std::vector<std::string>>(flag, parse, description)
      ->allow_extra_args()
      ->type_name("N...");
}

CLI::Option* add_seed(CLI::App& command, std::uint64_t& value, const std::string& description) {
  return add_parsed(
      command, "--seed", "N",
      [&value](const std::string& text) {
        value = whole_number("--seed", text, std::uint64_t{0},
                             std::numeric_limits<std::uint64_t>::max());
      },
      description);
}

CLI::Option* add_seconds(CLI::App& command, const std::string& flag, double& value, double least,
                         double most, const std::string& description) {
  return add_parsed(
      command, flag, "S",
      [flag, &value, least, most](const std::string& text) {
        value = real_number(flag, text, least, most);
      },
      with_default(description, value));
}

CLI::Option* add_text(CLI::App& command, const std::string& flag, const std::string& type,
                      std::string& value, const std::string& description) {
  return add_parsed(
      command, flag, type,
      [flag, type, &value](const std::string& text) {
        if (text.empty()) throw std::invalid_argument(flag + " '': expected " + type);
        value = text;
      },
      description);
}

CLI::Option* add_repeatable(CLI::App& command, const std::string& flag, const std::string& type,
                            std::vector<std::string>& values, const std::string& description) {
  const auto parse = [flag, type, &values](const std::vector<std::string>& texts) {
    if (std::find(texts.begin(), texts.end(), "") != texts.end()) {
      throw std::invalid_argument(flag + " '': expected " + type);
    }
    for (auto text = texts.begin(); text != texts.end(); ++text) {
      if (std::find(texts.begin(), text, *text) == text) continue;
      throw std::invalid_argument(flag + " '" + excerpt(*text) + "': given twice");
    }
    values = texts;
  };
  return command
      .add_option_function<std::vector<std::string>>(flag, parse, description + " (repeatable)")
      ->allow_extra_args(false)
      ->type_name(type);
}

bool parse_arguments(CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const CLI::App* const command = command_of(app, words);
  const std::ptrdiff_t first = command == nullptr ? 0 : 1;
  std::vector<std::string> checked =
      Words(command == nullptr ? app : *command, {words.begin() + first, words.end()}).checked();
  checked.insert(checked.begin(), words.begin(), words.begin() + first);
  std::reverse(checked.begin(), checked.end());  // as CLI11 wants them
  try {
    app.parse(std::move(checked));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return false;
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what();
    return false;
  } catch (const CLI::ParseError& error) {
    throw std::invalid_argument(printable_line(error.what()) + "; see " + app.get_name() +
                                (command == nullptr ? "" : " " + command->get_name()) + " --help");
  }
  return true;
}

}  // namespace mlacheck
