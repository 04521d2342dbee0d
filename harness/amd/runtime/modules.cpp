#include "harness/amd/runtime/modules.hpp"

#include <elf.h>

#include <cstring>

#include "harness/amd/block/block.hpp"
#include "harness/amd/code_object/bundle.hpp"
#include "harness/amd/code_object/error.hpp"

namespace mlacheck::amd {
namespace {

// Neither kind of data says how long it is before its headers are read; all offsets come from them.
constexpr std::size_t kMostBytes = std::size_t{1} << 32;

}  // namespace

Module::~Module() {
  if (!loaded_) return;
  for (const Kernel& kernel : loaded_->kernels()) forget_code(kernel.code_begin);
  allocations_->remove(loaded_->image().begin());
}

const Kernel* Module::kernel(const std::string& name) {
  if (!loaded_) load();
  return loaded_->kernel(name);
}

const CodeObject::Variable* Module::variable(const std::string& name) {
  if (!loaded_) load();
  return loaded_->variable(name);
}

void Module::load() {
  std::span<const std::byte> file(data_, kMostBytes);
  if (std::memcmp(data_, ELFMAG, SELFMAG) != 0) {
    const std::vector<BundleEntry> bundle = read_bundle(file);
    file = code_object_for(target_, bundle);
    if (file.empty()) {
      std::string text = "no code for " + std::string(name_of(target_)) + " among";
      for (const BundleEntry& entry : bundle) text += " " + entry.id;
      throw CodeObjectError(text);
    }
  }
  CodeObject object(file);
  if (object.target() != target_) {
    throw CodeObjectError("code for " + std::string(name_of(object.target())) +
                          ", and the interpreted device is " + std::string(name_of(target_)));
  }
  loaded_.emplace(std::move(object));
  allocations_->add(loaded_->image().begin(), loaded_->image().bytes());
}

}  // namespace mlacheck::amd
