// How findings name source files.
#pragma once

#include <string>
#include <string_view>

namespace mlacheck::cpu {

/// "kernels/k/k.kernel.h" for whatever the compiler recorded: an absolute path, or one relative to
/// a build folder ("../../kernels/k/k.kernel.h"). A file outside the project keeps its path.
std::string source_path(std::string_view recorded);

}  // namespace mlacheck::cpu
