#include "harness/subjects/python_subjects.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "harness/environment/foreign_code.hpp"
#include "harness/environment/progress.hpp"
#include "harness/plugin/library.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

PythonImporter python_importer = nullptr;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// "package.module": names with a dot between them. What ends like a library is a misspelt one.
bool is_module_name(const std::string& text) {
  bool begins = true;
  for (const char c : text) {
    if (begins ? !is_letter(c) : !is_letter(c) && !is_digit(c) && c != '.') return false;
    begins = c == '.';
  }
  return !begins && !text.ends_with(".so");
}

bool holds_python(const std::filesystem::path& folder) {
  std::error_code unreadable;
  const std::filesystem::directory_iterator files(folder, unreadable);
  return !unreadable && std::any_of(begin(files), end(files), [](const auto& entry) {
    return entry.path().extension() == ".py";
  });
}

}  // namespace

bool is_python_subject(const std::string& path) {
  std::error_code missing;
  const std::filesystem::file_status status = std::filesystem::status(path, missing);
  if (std::filesystem::is_directory(status)) return holds_python(path);
  if (path.ends_with(".py") || is_code_object(path)) return true;
  return !std::filesystem::exists(status) && is_module_name(path);
}

bool is_code_object(const std::string& path) {
  return path.ends_with(".co") || path.ends_with(".hsaco");
}

void set_python_importer(PythonImporter importer) { python_importer = importer; }

std::vector<SubjectTable> load_python_subjects(const std::string& path) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("--subject '" + path + "': " + what);
  };
  if (python_importer == nullptr) {
    refuse("is Python, which runs in workers alone, expected no --in-process");
  }
  note_progress("importing " + path.substr(path.rfind('/') + 1));
  const char* note = nullptr;
  const mlacheck_plugin* plugin = nullptr;
  {
    const ForeignCode foreign;
    plugin = python_importer(path.c_str(), &note);
  }
  if (plugin == nullptr) refuse(note == nullptr ? "cannot be imported" : printable_line(note));
  const std::string machine = note == nullptr ? "" : printable_line(note);
  note_progress("reading the declarations of " + path.substr(path.rfind('/') + 1));
  std::vector<SubjectTable> tables = tables_of(plugin, refuse);
  for (SubjectTable& table : tables) table.machine = machine;
  return tables;
}

}  // namespace mlacheck
