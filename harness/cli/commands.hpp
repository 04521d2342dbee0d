// The commands of the mlacheck program. Each returns an exit code of
// harness/verdict/verdict.hpp.
#pragma once

#include <string>
#include <vector>

#include "harness/study/criterion_run.hpp"
#include "harness/study/mutant_run.hpp"
#include "harness/sweep/cost_run.hpp"
#include "harness/sweep/sweep.hpp"
#include "harness/worker/serve.hpp"

namespace mlacheck {

/// The backends with their devices, and ops with their variants and fields; `only` these ops, or
/// all if it is empty. `required`: also each required case.
int list_command(const std::vector<std::string>& only, bool required);

/// Runs a sweep and prints the tables. `json` names a file to write, or is empty.
int sweep_command(const SweepOptions& options, const std::string& json, bool histogram);

/// Runs the kernels of required and drawn cases and checks nothing but launch failures: work for an
/// outside tool. Prints a line for each row.
int launch_command(const SweepOptions& options);

/// The worker's side of isolation; not for users.
int worker_command(int socket, int post_mortem, const WorkerLibraries& libraries);

/// Loads one library and says what it offers; not for users.
int describe_command(int socket, int post_mortem, const WorkerLibraries& libraries);

/// Runs the battery against the mutants of a library. Passed: every one killed, its main check
/// among those that fired, and no finding in the controls. `json` and `markdown` name files to
/// write, or are empty.
int mutants_command(const MutantOptions& options, const std::string& library,
                    const std::string& json, const std::string& markdown);

/// Prints what one call of each variant costs beside its contract: on the given cases, or on one of
/// a real model's size for each op. `selection.ops` chooses among the latter. Failed if one differs.
/// `count` makes the calls; empty: in this process.
int cost_command(const std::vector<std::string>& lines, const Selection& selection,
                 const CountCost& count);

/// Prints what the acceptance rules of other projects catch of the mutants of a library, and how
/// often they refuse a correct result. `name` is that of a rule, whose mutants are listed too, or
/// "all". Passed whatever the figures are.
int criterion_command(const std::string& name, const CriterionOptions& options,
                      const std::string& library, const std::string& json);

/// Runs cases of one op on every row that matches the options and prints everything found: those
/// of the file, if one is named, or of the lines.
int replay_command(const std::vector<std::string>& lines, const std::string& cases_file,
                   const SweepOptions& options);

}  // namespace mlacheck
