#include "harness/amd/code_object/elf.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "harness/amd/code_object/bytes.hpp"

namespace mlacheck::amd {
namespace {

constexpr unsigned kMachine = 224;  // EM_AMDGPU
constexpr std::uint32_t kProcessorMask = 0xff;

// EF_AMDGPU_MACH_*.
constexpr std::pair<std::uint32_t, Target> kProcessors[] = {{0x3f, Target::gfx90a},
                                                            {0x36, Target::gfx1030},
                                                            {0x4c, Target::gfx942},
                                                            {0x4f, Target::gfx950}};

std::string string_at(std::span<const std::byte> table, std::size_t offset) {
  if (offset >= table.size()) {
    throw CodeObjectError("ELF: name at " + std::to_string(offset) + " of a table of " +
                          std::to_string(table.size()) + " bytes");
  }
  const auto* const begin = reinterpret_cast<const char*>(table.data());
  return {begin + offset, strnlen(begin + offset, table.size() - offset)};
}

}  // namespace

Elf::Elf(std::span<const std::byte> file) : file_(file) {
  const auto header = field<Elf64_Ehdr>(file, 0, "ELF header");
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB) {
    throw CodeObjectError("code object: expected a little-endian ELF file of 64 bits");
  }
  if (header.e_machine != kMachine) {
    throw CodeObjectError("code object: ELF machine " + std::to_string(header.e_machine) +
                          ", expected " + std::to_string(kMachine) + " (AMDGPU)");
  }
  flags_ = header.e_flags;
  read_segments();
  read_sections();
}

void Elf::read_segments() {
  const auto header = field<Elf64_Ehdr>(file_, 0, "ELF header");
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto read =
        field<Elf64_Phdr>(file_, header.e_phoff + i * sizeof(Elf64_Phdr), "ELF program header");
    segments_.push_back(
        {read.p_type, read.p_flags, read.p_offset, read.p_vaddr, read.p_filesz, read.p_memsz});
  }
}

void Elf::read_sections() {
  const auto header = field<Elf64_Ehdr>(file_, 0, "ELF header");
  std::vector<std::uint32_t> names;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto read =
        field<Elf64_Shdr>(file_, header.e_shoff + i * sizeof(Elf64_Shdr), "ELF section header");
    ElfSection section;
    section.type = read.sh_type;
    section.flags = read.sh_flags;
    section.address = read.sh_addr;
    section.size = read.sh_size;
    section.link = read.sh_link;
    if (read.sh_type != SHT_NOBITS && read.sh_type != SHT_NULL) {
      section.bytes = part_of(file_, read.sh_offset, read.sh_size, "ELF section");
      extent_ = std::max<std::size_t>(extent_, read.sh_offset + read.sh_size);
    }
    names.push_back(read.sh_name);
    sections_.push_back(std::move(section));
  }
  if (header.e_shnum > 0) {
    extent_ = std::max(extent_, header.e_shoff + header.e_shnum * sizeof(Elf64_Shdr));
  }
  if (header.e_shstrndx >= sections_.size()) return;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    sections_[i].name = string_at(sections_[header.e_shstrndx].bytes, names[i]);
  }
}

std::optional<Target> Elf::target() const {
  for (const auto& [flags, target] : kProcessors) {
    if (flags == (flags_ & kProcessorMask)) return target;
  }
  return std::nullopt;
}

const ElfSection* Elf::section(std::string_view name) const {
  for (const ElfSection& found : sections_) {
    if (found.name == name) return &found;
  }
  return nullptr;
}

std::vector<ElfSymbol> Elf::symbols() const {
  std::vector<ElfSymbol> all;
  for (const ElfSection& table : sections_) {
    if (table.type != SHT_SYMTAB && table.type != SHT_DYNSYM) continue;
    if (table.link >= sections_.size()) throw CodeObjectError("ELF: symbols without names");
    for (std::size_t at = 0; at < table.bytes.size(); at += sizeof(Elf64_Sym)) {
      const auto read = field<Elf64_Sym>(table.bytes, at, "ELF symbol");
      all.push_back({string_at(sections_[table.link].bytes, read.st_name), read.st_value,
                     read.st_size, read.st_shndx != SHN_UNDEF});
    }
  }
  return all;
}

std::span<const std::byte> Elf::note(std::string_view name, std::uint32_t type) const {
  const auto aligned = [](std::size_t bytes) { return (bytes + 3) / 4 * 4; };
  for (const Segment& segment : segments_) {
    if (segment.type != PT_NOTE) continue;
    const auto notes = part_of(file_, segment.offset, segment.file_bytes, "ELF notes");
    for (std::size_t at = 0; at < notes.size();) {
      const auto header = field<Elf64_Nhdr>(notes, at, "ELF note");
      at += sizeof header;
      const std::string owner = text_of(part_of(notes, at, header.n_namesz, "ELF note, name"));
      at += aligned(header.n_namesz);
      const auto description = part_of(notes, at, header.n_descsz, "ELF note, description");
      at += aligned(header.n_descsz);
      if (header.n_type == type && owner.substr(0, owner.find('\0')) == name) return description;
    }
  }
  return {};
}

}  // namespace mlacheck::amd
