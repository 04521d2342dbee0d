#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <system_error>

#include "harness/arguments/arguments.hpp"
#include "harness/arguments/help.hpp"
#include "harness/cli/command_options.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/help_texts.hpp"
#include "harness/cli/output.hpp"
#include "harness/cli/version.hpp"
#include "harness/process/own_process.hpp"
#include "harness/process/process.hpp"
#include "harness/text/text.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app(
      "mlacheck tests attention kernels that were made faster: it runs drawn cases through many "
      "checks and shows a smallest failing case for each variant that is wrong.");
  mlacheck::use_our_help(app, "mlacheck");
  app.set_version_flag("--version", &mlacheck::version_text,
                       "Print version, commit, compiler and backends");
  app.footer(mlacheck::kProgramHelp);
  const std::vector<mlacheck::Command> commands{
      mlacheck::list_of(app),   mlacheck::sweep_of(app),   mlacheck::replay_of(app),
      mlacheck::cost_of(app),   mlacheck::mutants_of(app), mlacheck::launch_of(app),
      mlacheck::worker_of(app), mlacheck::describe_of(app)};
  app.require_subcommand(1);
  if (!mlacheck::parse_arguments(app, argc, argv)) return mlacheck::kExitPassed;
  for (const mlacheck::Command& command : commands) {
    if (command.options->parsed()) return command.run();
  }
  throw std::logic_error("no command was parsed");
}

int complain(const std::string& reason, int exit_code) {
  std::cerr << "mlacheck: " << mlacheck::printable(reason) << '\n';
  return exit_code;
}

int run_and_report(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::invalid_argument& error) {
    return complain(error.what(), mlacheck::kExitUsage);
  } catch (const std::system_error& error) {
    // What the library throws when it gets no thread, without saying that it wanted one.
    if (error.code() != std::errc::resource_unavailable_try_again) {
      return complain(error.what(), mlacheck::kExitError);
    }
    return complain(std::string("a thread could not be started (") + error.what() +
                        "); fewer --jobs need fewer",
                    mlacheck::kExitError);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", mlacheck::kExitError);
  } catch (const std::exception& error) {
    return complain(error.what(), mlacheck::kExitError);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // Before the missing descriptors are opened on nothing.
  const bool open = mlacheck::has_standard_output();
  mlacheck::prepare_process();
  mlacheck::set_command_line(argc, argv);
  const int status = mlacheck::with_output_checked(run_and_report(argc, argv), open);
  mlacheck::guard_exit(false);
  mlacheck::end_strays();
  return status;
}
