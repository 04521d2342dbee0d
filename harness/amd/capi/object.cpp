#include "harness/amd/capi/object.hpp"

#include <exception>
#include <stdexcept>

#include "harness/amd/block/block.hpp"
#include "harness/amd/capi/unknown.hpp"

namespace mlacheck::amd {
namespace {

std::string description_of(const CodeObject& code) {
  std::string text = "target\t" + std::string(name_of(code.target())) + "\n";
  for (const Kernel& kernel : code.kernels()) {
    text += "kernel\t" + kernel.name + "\t" + std::to_string(kernel.wave_size) + "\t" +
            std::to_string(kernel.lds_bytes) + "\t" + std::to_string(kernel.kernarg_bytes) + "\n";
    for (const Kernel::Argument& argument : kernel.arguments) {
      text += "argument\t" + argument.name + "\t" + argument.kind + "\t" +
              std::to_string(argument.offset) + "\t" + std::to_string(argument.size) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string& last_error() {
  static std::string text;
  return text;
}

const Kernel& kernel_at(const mlacheck_amd_object& object, std::uint32_t kernel) {
  const auto& kernels = object.code.kernels();
  if (kernel >= kernels.size()) {
    throw std::invalid_argument("kernel " + std::to_string(kernel) + ": the code object has " +
                                std::to_string(kernels.size()));
  }
  return kernels[kernel];
}

}  // namespace mlacheck::amd

std::uint32_t mlacheck_amd_version() { return MLACHECK_AMD_VERSION; }

mlacheck_amd_object* mlacheck_amd_load(const void* bytes, std::uint64_t size) {
  try {
    mlacheck::amd::CodeObject code({static_cast<const std::byte*>(bytes), size});
    std::string description = mlacheck::amd::description_of(code);
    return new mlacheck_amd_object{std::move(code), std::move(description)};
  } catch (const std::exception& error) {
    mlacheck::amd::last_error() = error.what();
    return nullptr;
  }
}

void mlacheck_amd_unload(mlacheck_amd_object* object) {
  if (object == nullptr) return;
  for (const auto& kernel : object->code.kernels()) mlacheck::amd::forget_code(kernel.code_begin);
  delete object;
}

const char* mlacheck_amd_describe(const mlacheck_amd_object* object) {
  return object->description.c_str();
}

const char* mlacheck_amd_unknown(const mlacheck_amd_object* object, std::uint32_t kernel) {
  static std::string text;
  try {
    text = mlacheck::amd::unknown_instructions(mlacheck::amd::kernel_at(*object, kernel));
    return text.c_str();
  } catch (const std::exception& error) {
    mlacheck::amd::last_error() = error.what();
    return nullptr;
  }
}

const char* mlacheck_amd_error() { return mlacheck::amd::last_error().c_str(); }

std::uint64_t mlacheck_amd_executed() { return mlacheck::amd::executed_instructions(); }
