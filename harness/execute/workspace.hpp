// Scratch memory that is handed out again and again without being cleaned, as a serving engine
// does.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/backends/backend.hpp"

namespace mlacheck {

class Workspace {
 public:
  /// `backend` must outlive it.
  explicit Workspace(Backend& backend) : backend_(&backend) {}
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();

  /// The next `bytes` bytes from the start of the workspace on: the first request of every call
  /// gets the same address. Null when there is no memory.
  std::byte* take(std::size_t bytes);

  /// The call is over; the next one starts from the beginning.
  void rewind() {
    used_ = 0;
    chunk_ = 0;
  }

 private:
  struct Chunk {
    std::byte* memory;
    std::size_t bytes;
  };

  Backend* backend_;
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;
  std::size_t used_ = 0;
};

}  // namespace mlacheck
