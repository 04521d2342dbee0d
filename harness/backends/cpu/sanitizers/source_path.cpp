#include "harness/backends/cpu/sanitizers/source_path.hpp"

#include <filesystem>

namespace mlacheck::cpu {

std::string source_path(std::string_view recorded) {
  std::string path = std::filesystem::path(recorded).lexically_normal().string();
  while (path.starts_with("../")) path.erase(0, 3);
  constexpr std::string_view kRoot = MLACHECK_SOURCE_ROOT;
  if (path.starts_with(kRoot)) path.erase(0, kRoot.size());
  return path;
}

}  // namespace mlacheck::cpu
