// A code object's ELF file, and its image in memory. ELF for AMD: LLVM's AMDGPUUsage, "ELF Code Object".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/amd/kernel.hpp"

namespace mlacheck::amd {

struct ElfSection {
  std::string name;
  std::uint32_t type = 0;
  std::uint64_t flags = 0;
  std::uint64_t address = 0;         ///< before loading
  std::span<const std::byte> bytes;  ///< empty for sections without contents
  std::uint64_t size = 0;
  std::uint32_t link = 0;
};

struct ElfSymbol {
  std::string name;
  std::uint64_t address = 0;  ///< before loading
  std::uint64_t size = 0;
  bool defined = false;
};

/// A view of the file: it must outlive this.
class Elf {
 public:
  /// Throws CodeObjectError for what is no little-endian ELF of 64 bits for AMDGPU.
  explicit Elf(std::span<const std::byte> file);

  /// Nothing for a processor that the interpreter does not know; processor_flags() says which.
  std::optional<Target> target() const;
  std::uint32_t processor_flags() const { return flags_; }
  const std::vector<ElfSection>& sections() const { return sections_; }
  const ElfSection* section(std::string_view name) const;
  /// Of the dynamic symbol table, and of the full one where there is one.
  std::vector<ElfSymbol> symbols() const;
  /// The description of the first note of this name and type; empty without one.
  std::span<const std::byte> note(std::string_view name, std::uint32_t type) const;

  struct Segment {
    std::uint32_t type = 0;
    std::uint32_t flags = 0;
    std::uint64_t offset = 0;
    std::uint64_t address = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t memory_bytes = 0;
  };
  const std::vector<Segment>& segments() const { return segments_; }
  std::span<const std::byte> file() const { return file_; }
  /// The file without what the caller's span may have behind it.
  std::span<const std::byte> whole() const { return file_.first(extent_); }

 private:
  void read_segments();
  void read_sections();

  std::span<const std::byte> file_;
  std::uint32_t flags_ = 0;
  std::size_t extent_ = 0;
  std::vector<Segment> segments_;
  std::vector<ElfSection> sections_;
};

/// The loadable segments at addresses of the host, relocated. Unmapped by the destructor.
class Image {
 public:
  /// Throws CodeObjectError for segments that do not fit the file and for relocations other than
  /// R_AMDGPU_RELATIVE64 and R_AMDGPU_ABS64.
  explicit Image(const Elf& elf);
  Image(Image&& other) noexcept;
  Image& operator=(Image&& other) = delete;
  ~Image();

  std::uint64_t begin() const { return base_; }
  std::uint64_t bytes() const { return bytes_; }
  /// Of an address of the file, which must lie in the image: CodeObjectError otherwise.
  std::uint64_t host_address(std::uint64_t address) const;
  std::span<const std::byte> at(std::uint64_t address, std::size_t count) const;

 private:
  void relocate(const Elf& elf);

  std::uint64_t base_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace mlacheck::amd
