// A loaded code object: its image, and its kernels by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
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

  /// A symbol of the image: the program's `__device__` and `__constant__` variables are among them.
  struct Variable {
    std::uint64_t address = 0;  ///< of the host
    std::uint64_t bytes = 0;
  };
  const Variable* variable(const std::string& name) const;

 private:
  explicit CodeObject(const Elf& elf);

  Image image_;
  Target target_{};
  std::vector<Kernel> kernels_;
  std::map<std::string, Variable> variables_;
};

}  // namespace mlacheck::amd
