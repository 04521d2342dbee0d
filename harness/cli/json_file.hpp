// The file behind a command's --json.
#pragma once

#include <fstream>
#include <string>

namespace mlacheck {

/// Opened before the command's work, so that a path that cannot be written costs none of it. With
/// an empty path there is no file, and everything succeeds.
class JsonFile {
 public:
  explicit JsonFile(const std::string& path);

  bool wanted() const { return !path_.empty(); }
  /// False if the file cannot be written; standard error then says so.
  bool open() const;
  /// False if `text` did not get there; standard error then says so.
  bool write(const std::string& text);

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace mlacheck
