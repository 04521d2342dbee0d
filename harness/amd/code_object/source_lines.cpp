#include "harness/amd/code_object/source_lines.hpp"

#include <dlfcn.h>

#include <array>
#include <vector>

namespace mlacheck::amd {
namespace {

// The C interface of libelf and libdw as far as it is used, declared here so that the build needs no
// headers of elfutils: elfutils/libdw.h, libelf.h.
struct Die {
  std::array<void*, 4> fields{};  // Dwarf_Die
};
struct ElfHandle;
struct DwarfHandle;
struct LineHandle;

class Library {
 public:
  // Null where it cannot be loaded.
  static const Library* get() {
    static const Library only;
    return only.complete_ ? &only : nullptr;
  }

  unsigned (*elf_version)(unsigned) = nullptr;
  ElfHandle* (*elf_memory)(char*, std::size_t) = nullptr;
  int (*elf_end)(ElfHandle*) = nullptr;
  DwarfHandle* (*dwarf_begin_elf)(ElfHandle*, int command, void* section) = nullptr;
  int (*dwarf_end)(DwarfHandle*) = nullptr;
  int (*dwarf_nextcu)(DwarfHandle*, std::uint64_t offset, std::uint64_t* next, std::size_t* header,
                      std::uint64_t* abbreviations, std::uint8_t* address_bytes,
                      std::uint8_t* offset_bytes) = nullptr;
  Die* (*dwarf_offdie)(DwarfHandle*, std::uint64_t offset, Die*) = nullptr;
  LineHandle* (*dwarf_getsrc_die)(Die*, std::uint64_t address) = nullptr;
  int (*dwarf_lineno)(LineHandle*, int*) = nullptr;
  const char* (*dwarf_linesrc)(LineHandle*, std::uint64_t*, std::uint64_t*) = nullptr;

 private:
  // libdw brings libelf along.
  Library() : handle_(dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL)) {
    complete_ = handle_ != nullptr && load(elf_version, "elf_version") &&
                load(elf_memory, "elf_memory") && load(elf_end, "elf_end") &&
                load(dwarf_begin_elf, "dwarf_begin_elf") && load(dwarf_end, "dwarf_end") &&
                load(dwarf_nextcu, "dwarf_nextcu") && load(dwarf_offdie, "dwarf_offdie") &&
                load(dwarf_getsrc_die, "dwarf_getsrc_die") && load(dwarf_lineno, "dwarf_lineno") &&
                load(dwarf_linesrc, "dwarf_linesrc");
    constexpr unsigned kCurrent = 1;  // EV_CURRENT
    if (complete_) complete_ = elf_version(kCurrent) == kCurrent;
  }

  template <class Function>
  bool load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    return function != nullptr;
  }

  void* handle_;
  bool complete_ = false;
};

}  // namespace

struct SourceLines::Tables {
  std::vector<char> file;
  bool opened = false;
  ElfHandle* elf = nullptr;
  DwarfHandle* dwarf = nullptr;

  void open(const Library& library) {
    constexpr int kRead = 0;  // DWARF_C_READ
    opened = true;
    elf = library.elf_memory(file.data(), file.size());
    if (elf != nullptr) dwarf = library.dwarf_begin_elf(elf, kRead, nullptr);
  }
};

SourceLines::SourceLines(std::span<const std::byte> file) : tables_(std::make_unique<Tables>()) {
  const auto* const begin = reinterpret_cast<const char*>(file.data());
  tables_->file.assign(begin, begin + file.size());
}

SourceLines::~SourceLines() {
  const Library* const library = Library::get();
  if (library == nullptr) return;
  if (tables_->dwarf != nullptr) library->dwarf_end(tables_->dwarf);
  if (tables_->elf != nullptr) library->elf_end(tables_->elf);
}

std::optional<std::string> SourceLines::at(std::uint64_t address) const {
  const Library* const library = Library::get();
  if (library == nullptr) return std::nullopt;
  if (!tables_->opened) tables_->open(*library);
  if (tables_->dwarf == nullptr) return std::nullopt;
  // Unit by unit: compilers for AMD write no index from addresses to units.
  std::uint64_t next = 0;
  std::size_t header = 0;
  for (std::uint64_t unit = 0;
       library->dwarf_nextcu(tables_->dwarf, unit, &next, &header, nullptr, nullptr, nullptr) == 0;
       unit = next) {
    Die die;
    if (library->dwarf_offdie(tables_->dwarf, unit + header, &die) == nullptr) continue;
    LineHandle* const line = library->dwarf_getsrc_die(&die, address);
    int number = 0;
    if (line == nullptr || library->dwarf_lineno(line, &number) != 0 || number == 0) continue;
    const char* const name = library->dwarf_linesrc(line, nullptr, nullptr);
    if (name != nullptr) return std::string(name) + ":" + std::to_string(number);
  }
  return std::nullopt;
}

}  // namespace mlacheck::amd
