// Which line of which source file an instruction of a code object was compiled from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace mlacheck::amd {

/// The line table of a code object: DWARF's .debug_line, read by elfutils' library libdw.so.1.
class SourceLines {
 public:
  /// Copies the file, which is opened when a place is first asked for.
  explicit SourceLines(std::span<const std::byte> file);
  ~SourceLines();
  SourceLines(const SourceLines&) = delete;
  SourceLines& operator=(const SourceLines&) = delete;

  /// "merge.kernel.h:120" of the instruction at this address of the file, with the path that the compiler
  /// was given; nothing if the table does not say, or if this machine has no libdw.so.1.
  std::optional<std::string> at(std::uint64_t address) const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace mlacheck::amd
