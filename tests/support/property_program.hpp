// What the programs of named, drawn tests share: options, RapidCheck's settings, exit codes.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// RapidCheck prints a case by its line.
void showValue(const Case& c, std::ostream& stream);

struct PropertyProgram {
  std::string name;         ///< of the program, in messages
  std::string description;  ///< one line for --help
  int cases = 0;            ///< drawn for each test unless --cases says otherwise
  /// More options of its own, as (flag, description, value); a value is positive.
  struct Option {
    std::string flag;
    std::string description;
    std::int64_t* value;
  };
  std::vector<Option> options;
  struct Flag {
    std::string flag;
    std::string description;
    bool* value;
  };
  std::vector<Flag> flags;
  struct Text {
    std::string flag;
    std::string description;
    std::string* value;
  };
  std::vector<Text> texts;
  std::vector<std::string> properties;  ///< all there are, in the order in which they run
  /// Registers the GoogleTest tests of the property with that index, for one backend or, if the
  /// name is empty, for all.
  std::function<void(std::size_t, const std::string& backend)> register_tests;
};

/// Reads --property, --backend, --cases and the program's own options, and runs what they select.
/// The exit code: 0 passed, 1 a failure or no test selected, 2 bad usage, 77 all skipped.
int run_property_program(int argc, char** argv, const PropertyProgram& program);

}  // namespace mlacheck
