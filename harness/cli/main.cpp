#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <system_error>

#include "harness/arguments/arguments.hpp"
#include "harness/arguments/help.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/output.hpp"
#include "harness/cli/shared_options.hpp"
#include "harness/cli/version.hpp"
#include "harness/process/own_process.hpp"
#include "harness/process/process.hpp"
#include "harness/text/text.hpp"

namespace {

constexpr const char* kExamples = R"(Examples:
  mlacheck sweep                       every op, variant and backend, 60 seconds
  mlacheck sweep --op mla_decode --seconds 600 --json report.json
  mlacheck sweep --subject ./libmine.so
  mlacheck replay 'strided_bmm(T=2,latent=17)' --variant strided
  mlacheck list --op mla_decode        its variants and the fields of its cases
  mlacheck COMMAND --help              options and examples of a command)";

int run(int argc, char** argv) {
  CLI::App app(
      "mlacheck tests attention kernels that were made faster: it runs drawn cases through many "
      "checks and shows a smallest failing case for each variant that is wrong.");
  mlacheck::use_our_help(app, "mlacheck");
  app.set_version_flag("--version", &mlacheck::version_text,
                       "Print version, commit, compiler and backends");
  app.footer(mlacheck::help_footer(
      kExamples, {.passed = "everything passed",
                  .failed = "a failure, crash or hang, or a pass that shows nothing",
                  .usage = "bad usage; one line on standard error says what was expected"}));
  int status = mlacheck::kExitPassed;
  for (const auto add :
       {mlacheck::list_command, mlacheck::sweep_command, mlacheck::replay_command,
        mlacheck::cost_command, mlacheck::mutants_command, mlacheck::study_command,
        mlacheck::launch_command, mlacheck::worker_command, mlacheck::describe_command}) {
    add(app, status);
  }
  app.require_subcommand(1);
  mlacheck::parse_arguments(app, argc, argv);
  return status;
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
