#include "tests/harness/amd/support/assembled.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>

#include "tests/harness/amd/support/tools.hpp"

namespace mlacheck::amd::test {
namespace {

std::string source(Target target, const KernelText& kernel) {
  const bool wide = target != Target::gfx1030;
  const std::string& name = kernel.name;
  std::string text = ".text\n.globl " + name + "\n.p2align 8\n.type " + name + ",@function\n" +
                     name + ":\n" + kernel.code + "\n.size " + name + ", .-" + name + "\n" +
                     ".rodata\n.p2align 6\n.amdhsa_kernel " + name +
                     "\n.amdhsa_next_free_vgpr 16\n.amdhsa_next_free_sgpr 40\n"
                     ".amdhsa_group_segment_fixed_size " +
                     std::to_string(kernel.lds_bytes) + "\n.amdhsa_private_segment_fixed_size " +
                     std::to_string(kernel.scratch_bytes) + "\n.amdhsa_kernarg_size " +
                     std::to_string(kernel.kernarg_bytes) + "\n";
  text += wide ? ".amdhsa_accum_offset 16\n" : ".amdhsa_wavefront_size32 1\n";
  text += kernel.descriptor + "\n.end_amdhsa_kernel\n";
  text += ".amdgpu_metadata\namdhsa.version: [ 1, 1 ]\namdhsa.kernels:\n  - .name: " + name +
          "\n    .symbol: " + name +
          ".kd\n    .kernarg_segment_size: " + std::to_string(kernel.kernarg_bytes) +
          "\n    .kernarg_segment_align: 8\n" +
          "    .group_segment_fixed_size: " + std::to_string(kernel.lds_bytes) +
          "\n    .private_segment_fixed_size: " + std::to_string(kernel.scratch_bytes) +
          "\n    .wavefront_size: " + (wide ? "64" : "32") +
          "\n    .sgpr_count: 40\n    .vgpr_count: 16\n    .max_flat_workgroup_size: " +
          std::to_string(kernel.most_threads) + "\n";
  if (!kernel.arguments.empty()) text += "    .args: " + kernel.arguments + "\n";
  return text + ".end_amdgpu_metadata\n";
}

template <class T>
void append(std::vector<std::byte>& to, const T& value) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(&value);
  to.insert(to.end(), bytes, bytes + sizeof value);
}

void append_text(std::vector<std::byte>& to, std::string_view text) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(text.data());
  to.insert(to.end(), bytes, bytes + text.size());
}

}  // namespace

std::vector<std::byte> assembled(Target target, const KernelText& kernel) {
  const TemporaryFolder folder;
  std::ofstream(folder.file("kernel.s")) << source(target, kernel);
  const std::string log = folder.file("log");
  run_tool("llvm-mc-15 -triple=amdgcn-amd-amdhsa -filetype=obj -mcpu=" +
               std::string(name_of(target)) + (kernel.with_lines ? " -g" : "") + " -o " +
               folder.file("kernel.o") + " " + folder.file("kernel.s"),
           log);
  run_tool("ld.lld-15 -shared -o " + folder.file("kernel.co") + " " + folder.file("kernel.o"), log);
  std::vector<std::byte> bytes;
  append_text(bytes, contents_of(folder.file("kernel.co")));
  return bytes;
}

std::vector<std::byte> bundled(
    const std::vector<std::pair<std::string, std::vector<std::byte>>>& entries) {
  std::vector<std::byte> header;
  append_text(header, "__CLANG_OFFLOAD_BUNDLE__");
  append(header, std::uint64_t{entries.size()});
  std::size_t header_bytes = header.size();
  for (const auto& [id, bytes] : entries) header_bytes += 3 * sizeof(std::uint64_t) + id.size();
  std::vector<std::byte> contents;
  for (const auto& [id, bytes] : entries) {
    append(header, std::uint64_t{header_bytes + contents.size()});
    append(header, std::uint64_t{bytes.size()});
    append(header, std::uint64_t{id.size()});
    append_text(header, id);
    contents.insert(contents.end(), bytes.begin(), bytes.end());
  }
  header.insert(header.end(), contents.begin(), contents.end());
  return header;
}

}  // namespace mlacheck::amd::test
