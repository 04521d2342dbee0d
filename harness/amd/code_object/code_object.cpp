#include "harness/amd/code_object/code_object.hpp"

#include <algorithm>
#include <sstream>

#include "harness/amd/code_object/descriptor.hpp"
#include "harness/amd/code_object/error.hpp"
#include "harness/amd/code_object/metadata.hpp"
#include "harness/amd/code_object/source_lines.hpp"

namespace mlacheck::amd {
namespace {

constexpr std::uint32_t kMetadataNote = 32;  // NT_AMDGPU_METADATA

Target known_target(const Elf& elf) {
  if (const auto target = elf.target()) return *target;
  std::ostringstream text;
  text << "code object: processor 0x" << std::hex << (elf.processor_flags() & 0xff)
       << " of the ELF flags: expected that of gfx90a, gfx1030, gfx942 or gfx950";
  throw CodeObjectError(text.str());
}

const ElfSymbol& symbol_named(const std::vector<ElfSymbol>& symbols, const std::string& name) {
  const auto found = std::find_if(symbols.begin(), symbols.end(), [&](const ElfSymbol& symbol) {
    return symbol.defined && symbol.name == name;
  });
  if (found == symbols.end()) throw CodeObjectError("code object: no symbol " + name);
  return *found;
}

Kernel load(const KernelMetadata& metadata, const ElfSymbol& symbol, const Elf& elf,
            const Image& image, Target target) {
  const Descriptor descriptor = read_descriptor(image.at(symbol.address, kDescriptorBytes));
  Kernel kernel;
  kernel.name = metadata.name;
  kernel.target = target;
  const bool narrow = (descriptor.kernel_code_properties & property::kWavefrontSize32) != 0;
  kernel.wave_size = narrow ? 32 : 64;
  if (metadata.wave_size != kernel.wave_size) {
    throw CodeObjectError("kernel " + kernel.name + ": wavefront size " +
                          std::to_string(metadata.wave_size) + " in the metadata, " +
                          std::to_string(kernel.wave_size) + " in the descriptor");
  }
  const std::uint64_t entry =
      symbol.address + static_cast<std::uint64_t>(descriptor.kernel_code_entry_byte_offset);
  kernel.entry = image.host_address(entry);
  for (const ElfSection& section : elf.sections()) {
    constexpr std::uint64_t kExecutable = 4;  // SHF_EXECINSTR
    if ((section.flags & kExecutable) == 0 || entry < section.address ||
        entry - section.address >= section.size) {
      continue;
    }
    kernel.code_begin = image.host_address(section.address);
    kernel.code_end = kernel.code_begin + image.at(section.address, section.size).size();
  }
  if (kernel.code_end == 0) {
    throw CodeObjectError("kernel " + kernel.name + ": its entry lies in no executable section");
  }
  kernel.lds_bytes = descriptor.group_segment_fixed_size;
  kernel.scratch_bytes = descriptor.private_segment_fixed_size;
  kernel.kernarg_bytes = std::max(metadata.kernarg_bytes, descriptor.kernarg_size);
  kernel.most_threads = metadata.most_threads;
  kernel.rsrc1 = descriptor.compute_pgm_rsrc1;
  kernel.rsrc2 = descriptor.compute_pgm_rsrc2;
  kernel.rsrc3 = descriptor.compute_pgm_rsrc3;
  kernel.properties = descriptor.kernel_code_properties;
  kernel.vgprs = allocated_vgprs(target, kernel.wave_size, kernel.rsrc1);
  kernel.sgprs = allocated_sgprs(target, kernel.rsrc1);
  kernel.accum_offset = accumulation_offset(target, kernel.rsrc3);
  kernel.arguments = metadata.arguments;
  return kernel;
}

}  // namespace

CodeObject::CodeObject(std::span<const std::byte> file) : CodeObject(Elf(file)) {}

CodeObject::CodeObject(const Elf& elf) : image_(elf), target_(known_target(elf)) {
  const auto note = elf.note("AMDGPU", kMetadataNote);
  if (note.empty()) throw CodeObjectError("code object: no note with AMDGPU metadata");
  const std::vector<ElfSymbol> symbols = elf.symbols();
  const auto lines = elf.section(".debug_line") == nullptr
                         ? nullptr
                         : std::make_shared<const SourceLines>(elf.whole());
  for (const KernelMetadata& metadata : read_metadata(note)) {
    Kernel kernel = load(metadata, symbol_named(symbols, metadata.symbol), elf, image_, target_);
    kernel.lines = lines;
    kernel.image = image_.begin();
    kernels_.push_back(std::move(kernel));
  }
  for (const ElfSymbol& symbol : symbols) {
    const bool loaded = symbol.defined && symbol.size > 0 && symbol.address < image_.bytes() &&
                        symbol.size <= image_.bytes() - symbol.address;
    if (loaded) variables_[symbol.name] = {image_.host_address(symbol.address), symbol.size};
  }
}

const CodeObject::Variable* CodeObject::variable(const std::string& name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : &found->second;
}

const Kernel* CodeObject::kernel(std::string_view name) const {
  const auto found = std::find_if(kernels_.begin(), kernels_.end(),
                                  [&](const Kernel& kernel) { return kernel.name == name; });
  return found == kernels_.end() ? nullptr : &*found;
}

}  // namespace mlacheck::amd
