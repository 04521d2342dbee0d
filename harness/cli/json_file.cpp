#include "harness/cli/json_file.hpp"

#include <iostream>

namespace mlacheck {

JsonFile::JsonFile(const std::string& path) : path_(path) {
  if (wanted()) file_.open(path);
}

bool JsonFile::open() const {
  if (!wanted() || file_) return true;
  std::cerr << "mlacheck: --json '" << path_ << "': expected a file that can be written\n";
  return false;
}

bool JsonFile::write(const std::string& text) {
  if (!wanted()) return true;
  file_ << text;
  file_.flush();
  if (file_) return true;
  std::cerr << "mlacheck: --json '" << path_ << "': the report could not be written\n";
  return false;
}

}  // namespace mlacheck
