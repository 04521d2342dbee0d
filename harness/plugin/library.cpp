#include "harness/plugin/library.hpp"

#include <dlfcn.h>

#include <memory>
#include <stdexcept>

#include "harness/plugin/import_table.hpp"

namespace mlacheck {

std::vector<SubjectTable> load_plugin(const std::string& path) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("--subject '" + path + "': " + what);
  };
  // A bare name would be searched for in the system's library folders.
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  // Never unloaded: its code may have registered things that outlive the subjects.
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) refuse(std::string("cannot be loaded: ") + dlerror());
  void* const symbol = dlsym(handle, "mlacheck_subjects");
  if (symbol == nullptr) refuse("exports no function mlacheck_subjects");
  const auto* const plugin = reinterpret_cast<const mlacheck_plugin* (*)()>(symbol)();
  if (plugin == nullptr) refuse("mlacheck_subjects returned null");
  if (plugin->version != MLACHECK_SUBJECT_VERSION) {
    refuse("is built for version " + std::to_string(plugin->version) +
           " of the interface, expected " + std::to_string(MLACHECK_SUBJECT_VERSION));
  }
  if (plugin->table_count <= 0 || plugin->tables == nullptr) refuse("has no tables");
  std::vector<SubjectTable> tables;
  try {
    for (std::int32_t i = 0; i < plugin->table_count; ++i) {
      tables.push_back(import_table(plugin->tables[i], nullptr));
    }
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
  return tables;
}

}  // namespace mlacheck
