// Code objects for tests, assembled and linked by LLVM's tools.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd::test {

/// What a kernel's descriptor shall say beside what its code needs.
struct KernelText {
  std::string name = "probe";
  std::string code = "s_endpgm";  ///< lines of assembly
  std::string descriptor;         ///< further .amdhsa_ directives
  std::string arguments;          ///< the metadata's .args, one YAML flow sequence
  unsigned kernarg_bytes = 0;
  unsigned lds_bytes = 0;
  unsigned scratch_bytes = 0;
  unsigned most_threads = 1024;  ///< of a block
  bool with_lines = false;       ///< the code object names the lines of the assembly
};

/// An ELF file. Throws std::runtime_error with the tool's message.
std::vector<std::byte> assembled(Target target, const KernelText& kernel);

/// An offload bundle with an empty entry for the host, and these.
std::vector<std::byte> bundled(
    const std::vector<std::pair<std::string, std::vector<std::byte>>>& entries);

}  // namespace mlacheck::amd::test
