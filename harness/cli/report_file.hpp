// The file behind an option that asks for a report, such as --json.
#pragma once

#include <string>

namespace mlacheck {

/// Tried before the command's work, so that a path that cannot be written costs none of it, and
/// written in one go after it: into a temporary file beside the target, which then takes its
/// place. Until then, and if anything fails, an old report stays as it is. What is no regular file,
/// such as a pipe or /dev/null, is written directly. With an empty path there is no file, and
/// everything succeeds.
class ReportFile {
 public:
  /// `option` is what messages call it: "--json".
  ReportFile(const std::string& option, const std::string& path);

  bool wanted() const { return !path_.empty(); }
  /// False if the file cannot be written; standard error then says so.
  bool open() const;
  /// False if `text` did not get there; standard error then says so.
  bool write(const std::string& text);

 private:
  enum class Way {
    replaced,    ///< by a temporary file
    directly,    ///< no regular file, or one in a folder that takes no other
    descriptor,  ///< this process has it open as standard output or standard error
  };
  void replace_with(const std::string& text) const;

  std::string option_;
  std::string path_;
  std::string target_;  ///< behind symbolic links
  Way way_ = Way::replaced;
  int descriptor_ = -1;
  std::string refused_;  ///< why the path cannot be written; or empty
};

}  // namespace mlacheck
