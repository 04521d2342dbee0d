// Code that a program brought along: the bundles that its compiler embedded, and modules loaded later.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/amd/code_object/code_object.hpp"
#include "harness/amd/memory/allocations.hpp"

namespace mlacheck::amd {

/// One bundle or bare code object, loaded when a kernel is first wanted.
class Module {
 public:
  /// `data` begins with an offload bundle or an ELF file and stays where it is.
  Module(const std::byte* data, Target target, Allocations& allocations)
      : data_(data), target_(target), allocations_(&allocations) {}
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module();

  /// Null if there is none of this name. Throws CodeObjectError if there is no code for the target
  /// or it cannot be loaded.
  const Kernel* kernel(const std::string& name);
  const CodeObject::Variable* variable(const std::string& name);

 private:
  void load();

  const std::byte* data_;
  Target target_;
  Allocations* allocations_;
  std::optional<CodeObject> loaded_;
};

/// Kernels by the address of the function that stands for them on the host.
class HostFunctions {
 public:
  void add(const void* function, Module& module, std::string kernel) {
    entries_[function] = {&module, std::move(kernel)};
  }
  void forget(const Module& module) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.module == &module; });
  }
  /// Null if nobody registered it, or its module has no such kernel. Throws as Module::kernel().
  const Kernel* kernel(const void* function) const {
    const auto found = entries_.find(function);
    return found == entries_.end() ? nullptr : found->second.module->kernel(found->second.name);
  }

 private:
  struct Entry {
    Module* module = nullptr;
    std::string name;
  };
  std::map<const void*, Entry> entries_;
};

/// Variables of kernels by the address of the one that stands for them on the host.
class HostVariables {
 public:
  void add(const void* variable, Module& module, std::string name) {
    entries_[variable] = {&module, std::move(name)};
  }
  void forget(const Module& module) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.module == &module; });
  }
  /// Null if nobody registered it, or its module has none of this name. Throws as Module::kernel().
  const CodeObject::Variable* find(const void* variable) const {
    const auto found = entries_.find(variable);
    return found == entries_.end() ? nullptr : found->second.module->variable(found->second.name);
  }

 private:
  struct Entry {
    Module* module = nullptr;
    std::string name;
  };
  std::map<const void*, Entry> entries_;
};

}  // namespace mlacheck::amd
