// Subjects that are Python functions: which paths stand for them, and where their tables come from.
#pragma once

#include <string>
#include <vector>

#include "harness/abi/subject.h"
#include "harness/op/subject.hpp"

namespace mlacheck {

/// Whether `--subject path` means Python: a .py file, a folder that holds one, a code object, or else the
/// name of a module, where no file has that name.
bool is_python_subject(const std::string& path);

/// Whether it is a code object for AMD, by its name: a subject whose launch a manifest describes.
bool is_code_object(const std::string& path);

/// Imports what `path` stands for. The result lives as long as the process. Null if it cannot be
/// imported: `note` says why. Else `note` says what runs the kernels in place of the device
/// (SubjectTable::machine), or is null. It lives until the next call.
using PythonImporter = const mlacheck_plugin* (*)(const char* path, const char** note);

/// In a worker that is a Python process, before its subjects are loaded.
void set_python_importer(PythonImporter importer);

/// As load_plugin(), for a path that is_python_subject(). Throws std::invalid_argument where this is no
/// Python process, too.
std::vector<SubjectTable> load_python_subjects(const std::string& path);

}  // namespace mlacheck
