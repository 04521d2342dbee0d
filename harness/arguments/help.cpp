#include "harness/arguments/help.hpp"

#include <memory>
#include <sstream>

namespace mlacheck {
namespace {

constexpr std::size_t kColumn = 24;  // where descriptions begin

std::string row(const std::string& name, const std::string& description) {
  std::string text = "  " + name;
  if (text.size() + 2 > kColumn) {
    text += "\n" + std::string(kColumn, ' ');
  } else {
    text.resize(kColumn, ' ');
  }
  return text + in_columns(description, kColumn) + "\n";
}

std::string name_of(const CLI::Option& option) {
  if (!option.nonpositional()) return option.get_name(true);
  std::string name;
  for (const std::string& letter : option.get_snames()) name += "-" + letter + ", ";
  name += "--" + option.get_lnames().front();
  if (option.get_items_expected_max() > 0) name += " " + option.get_type_name();
  return name;
}

class Help : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    std::string arguments;
    std::string options;
    std::string usage = "Usage: " + name;
    for (const CLI::Option* option : app->get_options()) {
      if (option->nonpositional()) {
        options += row(name_of(*option), option->get_description());
        continue;
      }
      arguments += row(name_of(*option), option->get_description());
      usage += option->get_required() ? " " : " [";
      usage += option->get_name(true) + (option->get_items_expected_max() > 1 ? "..." : "");
      usage += option->get_required() ? "" : "]";
    }
    std::string commands;
    for (const CLI::App* command : app->get_subcommands(nullptr)) {
      if (!command->get_group().empty())
        commands += row(command->get_name(), command->get_description());
    }
    usage += commands.empty() ? " [OPTION...]" : " COMMAND [OPTION...]";
    std::string text = in_columns(app->get_description(), 0) + "\n\n" + usage + "\n";
    if (!commands.empty()) text += "\nCommands:\n" + commands;
    if (!arguments.empty()) text += "\nArguments:\n" + arguments;
    if (!options.empty()) text += "\nOptions:\n" + options;
    if (!app->get_footer().empty()) text += "\n" + app->get_footer() + "\n";
    return text;
  }
};

}  // namespace

void use_our_help(CLI::App& app, const std::string& name) {
  app.name(name);
  app.formatter(std::make_shared<Help>());
  app.set_help_flag("-h,--help", "Print this help");
}

std::string in_columns(const std::string& text, std::size_t indent, std::size_t width) {
  std::istringstream words(text);
  std::string result;
  std::string word;
  std::size_t column = indent;
  while (words >> word) {
    const std::size_t blank = result.empty() ? 0 : 1;
    if (blank == 1 && column + blank + word.size() > width) {
      result += "\n" + std::string(indent, ' ') + word;
      column = indent + word.size();
    } else {
      result += (blank == 1 ? " " : "") + word;
      column += blank + word.size();
    }
  }
  return result;
}

}  // namespace mlacheck
