#include "harness/plugin/library.hpp"

#include <dlfcn.h>

#include <memory>
#include <stdexcept>

#include "harness/environment/foreign_code.hpp"
#include "harness/environment/progress.hpp"
#include "harness/plugin/import_table.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {

namespace {

constexpr std::int32_t kMostTables = 4096;

// Short: the name of the step is kept in a page of fixed size.
std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void* load_library(const std::string& path, std::string& error) {
  note_progress("loading " + file_name(path));
  // A bare name would be searched for in the system's library folders.
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  const ForeignCode foreign;
  // Never unloaded: its code may have registered things that outlive the subjects.
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) error = printable_line(dlerror());
  return handle;
}

std::vector<SubjectTable> tables_of(const mlacheck_plugin* plugin,
                                    const std::function<void(const std::string&)>& refuse) {
  if (plugin == nullptr) refuse("mlacheck_subjects returned null");
  if (plugin->version < 1 || plugin->version > MLACHECK_SUBJECT_VERSION) {
    refuse("is built for version " + std::to_string(plugin->version) +
           " of the interface, expected 1 to " + std::to_string(MLACHECK_SUBJECT_VERSION));
  }
  if (plugin->table_count <= 0 || plugin->tables == nullptr) refuse("has no tables");
  if (plugin->table_count > kMostTables) {
    refuse("table_count is " + std::to_string(plugin->table_count) + " where at most " +
           std::to_string(kMostTables) + " can be meant");
  }
  std::vector<SubjectTable> tables;
  try {
    for (std::int32_t i = 0; i < plugin->table_count; ++i) {
      tables.push_back(import_table(plugin->tables[i], nullptr, plugin->version));
    }
  } catch (const std::invalid_argument& unusable) {
    refuse(unusable.what());
  }
  note_progress("");
  return tables;
}

std::vector<SubjectTable> load_plugin(const std::string& path) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("--subject '" + path + "': " + what);
  };
  std::string error;
  void* const handle = load_library(path, error);
  if (handle == nullptr) refuse("cannot be loaded: " + error);
  void* const symbol = dlsym(handle, "mlacheck_subjects");
  if (symbol == nullptr) refuse("exports no function mlacheck_subjects");
  note_progress("mlacheck_subjects of " + file_name(path));
  const mlacheck_plugin* plugin = nullptr;
  {
    const ForeignCode foreign;
    plugin = reinterpret_cast<const mlacheck_plugin* (*)()>(symbol)();
  }
  note_progress("reading the tables of " + file_name(path));
  return tables_of(plugin, refuse);
}

}  // namespace mlacheck
