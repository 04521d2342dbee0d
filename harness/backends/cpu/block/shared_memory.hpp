// The shared memory of one block.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "harness/backends/cpu/sanitizers/findings.hpp"

namespace mlacheck::cpu {

/// Every variable is an allocation of its own, made when the first thread reaches the declaration.
/// Its bytes are 0xFF (a NaN in every floating type), uninitialised for MSan. In ASan builds the
/// allocator's red zones surround it, elsewhere canary bytes do, which check() inspects.
class SharedMemory {
 public:
  SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() { release(); }

  /// Dynamic shared memory is the variable with the key `this`.
  void begin_block(std::size_t dynamic_bytes) {
    dynamic_bytes_ = dynamic_bytes;
    total_bytes_ = 0;
    first_of_block_ = variables_.size();
  }

  void* variable(const void* key, std::size_t bytes, std::size_t alignment, const char* name,
                 SourceLine where, Index3 block, FindingLog& log);
  void* dynamic(const char* name, SourceLine where, Index3 block, FindingLog& log) {
    return variable(this, dynamic_bytes_, 16, name, where, block, log);
  }

  /// Reports overwritten canaries of the running block.
  void check(Index3 block, FindingLog& log) const;

  /// Frees everything: with TSan only when the blocks have been joined.
  void release();

 private:
  struct Variable {
    const void* key;
    std::byte* allocation;
    std::byte* data;
    std::size_t bytes;
    const char* name;
    SourceLine where;
  };

  std::vector<Variable> variables_;
  std::size_t first_of_block_ = 0;
  std::size_t dynamic_bytes_ = 0;
  std::size_t total_bytes_ = 0;
};

}  // namespace mlacheck::cpu
