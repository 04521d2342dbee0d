// All subjects of this process: the bundled ones, and those of plug-ins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/op/subject.hpp"

namespace mlacheck {

/// Bundled variants come through the C interface too, as if a plug-in had brought them.
const std::vector<SubjectTable>& subject_tables();

/// Loads a plug-in, or imports Python subjects, and enters the tables. Only where foreign code may
/// run: in a worker, or in a program that was asked to run cases in itself.
void add_plugin(const std::string& path);

/// Enters the tables of a plug-in, loaded or only described, for the backend "cpu" as "cpu.w32".
/// `option` of a table is kept where it is not empty. Not thread-safe; call it before a sweep.
/// Throws std::invalid_argument naming the path and what is wrong: an op or backend that does not
/// exist, a variant that has the name of another one, or a baseline that does not exist or leads
/// back to where it came from.
void enter_plugin(const std::string& path, std::vector<SubjectTable> tables);

/// Loads a plug-in and returns what its tables say, without functions: `run` is empty, and
/// `unavailable` returns what the subject's own one just returned.
std::vector<SubjectTable> describe_plugin(const std::string& path);

/// A mutant that has been entered among the subjects.
struct Mutant {
  std::string id;  ///< also the name of its variant
  std::string op;
  std::string backend;
  std::string variant;  ///< the bundled variant that it changes
  std::string summary;
  std::vector<std::string> checks;  ///< that ought to fire, main one first
  std::string reason;               ///< why the main check of its entry does not apply; or empty
  bool is_control = false;          ///< the variant itself or an equal of it: it must survive
  /// Known by name only: the library's backend cannot show the defect, as `reason` says.
  bool left_out = false;
  /// The tool of compute-sanitizer that must find it in place of the battery; or empty.
  std::string tool{};
  bool only_gpu = false;  ///< no backend of the CPU can show it
  /// The target on which alone its edit changes something, such as "gfx90a"; empty: any.
  std::string only_on{};
};

/// The mutants of a library (cmake/Mutants.cmake): one table for each.
struct MutantLibrary {
  std::vector<Mutant> mutants;
  std::vector<SubjectTable> tables;
};

/// Loads the library and enters its mutants: enter_mutants(load). Where add_plugin() may be called.
std::vector<Mutant> add_mutants(const std::string& path);

/// Enters mutants, loaded or only described, as subjects with origin `path`, and one control for
/// each bundled variant of the library's backend, cpu.w32, cuda or hip; the controls come first. Throws
/// std::invalid_argument naming the path and what is wrong.
std::vector<Mutant> enter_mutants(const std::string& path, MutantLibrary library);

/// As describe_plugin().
MutantLibrary describe_mutants(const std::string& path);

/// Of one table; null if it has no such variant.
const Subject* find_subject(const SubjectTable& table, std::string_view variant);

/// Of all tables; null if there is no such subject.
const Subject* find_subject(std::string_view op, std::string_view backend,
                            std::string_view variant);

/// The subject that `subject` of `table` must agree with: in its own table, or else a bundled one.
/// Null if it names none; throws std::invalid_argument if it names one that does not exist.
const Subject* baseline_of(const SubjectTable& table, const Subject& subject);

}  // namespace mlacheck
