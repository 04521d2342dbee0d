#include "tests/support/property_program.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "harness/environment/commit.hpp"
#include "harness/op/random.hpp"
#include "harness/verdict/verdict.hpp"

namespace mlacheck {
namespace {

int run(int argc, char** argv, const PropertyProgram& program) {
  testing::InitGoogleTest(&argc, argv);
  CLI::App app(program.description);
  std::string wanted;
  std::string backend;
  int cases = program.cases;
  app.add_option("--property", wanted, "Only this property");
  app.add_option("--backend", backend, "Only this backend");
  app.add_option("--cases", cases, "Drawn cases for each test")->check(CLI::Range(20, 100000000));
  for (const PropertyProgram::Option& option : program.options) {
    app.add_option(option.flag, *option.value, option.description)->check(CLI::PositiveNumber);
  }
  for (const PropertyProgram::Flag& flag : program.flags) {
    app.add_flag(flag.flag, *flag.value, flag.description);
  }
  for (const PropertyProgram::Text& text : program.texts) {
    app.add_option(text.flag, *text.value, text.description);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitPassed : kExitUsage;
  }
  // RapidCheck reads its settings from here; a setting of the caller's stays. Each commit has cases of its
  // own, and the same ones wherever it is tested: what fails there fails here.
  const std::string seed = std::to_string(stream_of(commit()));
  setenv("RC_PARAMS", ("seed=" + seed + " max_success=" + std::to_string(cases)).c_str(), 0);
  bool known = wanted.empty();
  for (std::size_t i = 0; i < program.properties.size(); ++i) {
    if (!wanted.empty() && program.properties[i] != wanted) continue;
    known = true;
    program.register_tests(i, backend);
  }
  if (!known) {
    std::cerr << program.name << ": --property '" << wanted << "': expected one of";
    for (const std::string& property : program.properties) std::cerr << ' ' << property;
    std::cerr << '\n';
    return kExitUsage;
  }
  const int failed = RUN_ALL_TESTS();
  const testing::UnitTest& tests = *testing::UnitTest::GetInstance();
  if (failed != 0) return kExitFailed;
  if (tests.test_to_run_count() == 0) {
    std::cerr << program.name << ": no test was selected\n";
    return kExitFailed;
  }
  return tests.skipped_test_count() == tests.test_to_run_count() ? kExitSkipped : kExitPassed;
}

}  // namespace

void showValue(const Case& c, std::ostream& stream) { stream << c.line(); }

int run_property_program(int argc, char** argv, const PropertyProgram& program) {
  try {
    return run(argc, argv, program);
  } catch (const std::exception& error) {
    std::cerr << program.name << ": " << error.what() << '\n';
    return kExitUsage;
  }
}

}  // namespace mlacheck
