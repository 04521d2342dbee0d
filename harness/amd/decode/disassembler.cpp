#include "harness/amd/decode/disassembler.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "harness/amd/decode/gfx950.hpp"

namespace mlacheck::amd {

// Where LLVM's library comes from.
struct Disassembler::Source {
  const char* file;
  const char* package;  // of Debian
};

// The C interface of LLVM, llvm-c/Disassembler.h, as far as it is used: five functions, declared here
// so that the build needs no headers of LLVM.
struct Disassembler::Library {
  void* handle = nullptr;
  void (*initialize_info)() = nullptr;
  void (*initialize_target)() = nullptr;
  void (*initialize_disassembler)() = nullptr;
  void* (*create)(const char* triple, const char* cpu, void*, int, void*, void*) = nullptr;
  std::size_t (*disassemble)(void* context, u8* bytes, u64 size, u64 pc, char* out,
                             std::size_t out_size) = nullptr;
  void (*dispose)(void* context) = nullptr;

  Library(const Source& source, Target target)
      : handle(dlopen(source.file, RTLD_NOW | RTLD_LOCAL)) {
    if (handle == nullptr) {
      const char* const reason = dlerror();
      throw std::runtime_error(std::string(source.file) + ", which disassembles code for " +
                               std::string(name_of(target)) +
                               ", cannot be loaded (Debian's package: " + source.package +
                               "): " + (reason == nullptr ? "no reason given" : reason));
    }
    load(initialize_info, "LLVMInitializeAMDGPUTargetInfo");
    load(initialize_target, "LLVMInitializeAMDGPUTargetMC");
    load(initialize_disassembler, "LLVMInitializeAMDGPUDisassembler");
    load(create, "LLVMCreateDisasmCPU");
    load(disassemble, "LLVMDisasmInstruction");
    load(dispose, "LLVMDisasmDispose");
  }

  template <class Function>
  void load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    if (function == nullptr) {
      throw std::runtime_error(std::string("LLVM's library has no ") + name);
    }
  }
};

// The oldest Debian package that knows the target.
Disassembler::Source Disassembler::source_for(Target target) {
  if (target == Target::gfx90a || target == Target::gfx1030) {
    return {"libLLVM-15.so.1", "libllvm15"};
  }
  return {"libLLVM.so.19.1", "libllvm19"};
}

Disassembler::Disassembler(Target target)
    : library_(std::make_unique<Library>(source_for(target), target)), target_(target) {
  library_->initialize_info();
  library_->initialize_target();
  library_->initialize_disassembler();
  // What gfx950 adds to gfx942 is decoded by gfx950_line().
  const std::string name(name_of(target == Target::gfx950 ? Target::gfx942 : target));
  context_ = library_->create("amdgcn-amd-amdhsa", name.c_str(), nullptr, 0, nullptr, nullptr);
  if (context_ == nullptr) {
    throw std::runtime_error("LLVM's disassembler does not know the target " + name);
  }
}

Disassembler::~Disassembler() {
  if (context_ != nullptr) library_->dispose(context_);
}

std::optional<Disassembler::Line> Disassembler::at(std::span<const u8> code, u64 pc) {
  if (target_ == Target::gfx950) {
    if (auto line = gfx950_line(code)) return line;
  }
  std::array<u8, 20> bytes{};  // no instruction is longer
  const std::size_t size = std::min(code.size(), bytes.size());
  std::copy_n(code.begin(), size, bytes.begin());
  std::array<char, 512> text{};
  const std::size_t used =
      library_->disassemble(context_, bytes.data(), size, pc, text.data(), text.size());
  if (used == 0) return std::nullopt;
  const std::string whole(text.data());
  const std::size_t begin = whole.find_first_not_of(" \t");
  if (begin == std::string::npos) return std::nullopt;
  const std::size_t end = whole.find_last_not_of(" \t\n");
  return Line{whole.substr(begin, end + 1 - begin), static_cast<unsigned>(used)};
}

}  // namespace mlacheck::amd
