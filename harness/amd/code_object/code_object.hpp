// A loaded code object: its image, and its kernels by name.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "harness/amd/code_object/elf.hpp"
#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

class CodeObject {
 public:
  /// Throws CodeObjectError, also for a target that the interpreter does not know.
  explicit CodeObject(std::span<const std::byte> file);

  Target target() const { return target_; }
  const Image& image() const { return image_; }
  const std::vector<Kernel>& kernels() const { return kernels_; }
  const Kernel* kernel(std::string_view name) const;

 private:
  explicit CodeObject(const Elf& elf);

  Image image_;
  Target target_{};
  std::vector<Kernel> kernels_;
};

}  // namespace mlacheck::amd
