#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "harness/amd/code_object/bytes.hpp"
#include "harness/amd/code_object/elf.hpp"

namespace mlacheck::amd {
namespace {

constexpr std::uint32_t kAbsolute64 = 3;   // R_AMDGPU_ABS64
constexpr std::uint32_t kRelative64 = 13;  // R_AMDGPU_RELATIVE64
constexpr std::uint64_t kMostBytes = 1ULL << 32;

std::byte* pointer(std::uint64_t address) {
  return reinterpret_cast<std::byte*>(address);  // NOLINT(performance-no-int-to-ptr)
}

std::uint64_t bytes_of(const Elf& elf) {
  std::uint64_t end = 0;
  for (const Elf::Segment& segment : elf.segments()) {
    if (segment.type != PT_LOAD) continue;
    if (segment.address > kMostBytes || segment.memory_bytes > kMostBytes ||
        segment.file_bytes > segment.memory_bytes) {
      throw CodeObjectError("ELF: a segment of " + std::to_string(segment.memory_bytes) +
                            " bytes at " + std::to_string(segment.address) + ", " +
                            std::to_string(segment.file_bytes) +
                            " of them in the file: expected at most 4 GiB in all");
    }
    end = std::max(end, segment.address + segment.memory_bytes);
  }
  if (end == 0) throw CodeObjectError("ELF: no segment to load");
  return end;
}

}  // namespace

Image::Image(const Elf& elf) : bytes_(bytes_of(elf)) {
  void* const memory =
      mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw CodeObjectError("no memory for an image of " + std::to_string(bytes_) + " bytes");
  }
  base_ = reinterpret_cast<std::uint64_t>(memory);
  // A constructor that throws runs no destructor.
  try {
    for (const Elf::Segment& segment : elf.segments()) {
      if (segment.type != PT_LOAD || segment.file_bytes == 0) continue;
      const auto bytes = part_of(elf.file(), segment.offset, segment.file_bytes, "ELF segment");
      std::memcpy(pointer(base_ + segment.address), bytes.data(), bytes.size());
    }
    relocate(elf);
  } catch (...) {
    munmap(memory, bytes_);
    throw;
  }
}

Image::Image(Image&& other) noexcept
    : base_(std::exchange(other.base_, 0)), bytes_(std::exchange(other.bytes_, 0)) {}

Image::~Image() {
  if (base_ != 0) munmap(pointer(base_), bytes_);
}

std::uint64_t Image::host_address(std::uint64_t address) const {
  if (address >= bytes_) {
    throw CodeObjectError("code object: address " + std::to_string(address) + " in an image of " +
                          std::to_string(bytes_) + " bytes");
  }
  return base_ + address;
}

std::span<const std::byte> Image::at(std::uint64_t address, std::size_t count) const {
  return part_of({pointer(base_), bytes_}, address, count, "image of a code object");
}

void Image::relocate(const Elf& elf) {
  for (const ElfSection& section : elf.sections()) {
    if (section.type != SHT_RELA || (section.flags & SHF_ALLOC) == 0) continue;
    for (std::size_t at = 0; at < section.bytes.size(); at += sizeof(Elf64_Rela)) {
      const auto entry = field<Elf64_Rela>(section.bytes, at, "ELF relocation");
      std::uint64_t value = base_ + static_cast<std::uint64_t>(entry.r_addend);
      const auto type = static_cast<std::uint32_t>(ELF64_R_TYPE(entry.r_info));
      if (type == kAbsolute64 && section.link < elf.sections().size()) {
        const auto symbol = field<Elf64_Sym>(elf.sections()[section.link].bytes,
                                             ELF64_R_SYM(entry.r_info) * sizeof(Elf64_Sym),
                                             "ELF relocation, its symbol");
        if (symbol.st_shndx == SHN_UNDEF) {
          throw CodeObjectError("code object: a relocation names an undefined symbol");
        }
        value += symbol.st_value;
      } else if (type != kRelative64) {
        throw CodeObjectError("code object: relocation of type " + std::to_string(type) +
                              ", expected R_AMDGPU_RELATIVE64 or R_AMDGPU_ABS64");
      }
      static_cast<void>(this->at(entry.r_offset, sizeof value));
      std::memcpy(pointer(base_ + entry.r_offset), &value, sizeof value);
    }
  }
}

}  // namespace mlacheck::amd
