// LLVM's tools, run on files that go away with their folder.
#pragma once

#include <filesystem>
#include <string>

namespace mlacheck::amd::test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  /// The path of a file of that name.
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string contents_of(const std::string& path);

/// Its errors go to the file `log`. Throws std::runtime_error with them if it fails.
void run_tool(const std::string& command, const std::string& log);

}  // namespace mlacheck::amd::test
