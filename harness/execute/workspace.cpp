#include "harness/execute/workspace.hpp"

#include <algorithm>

namespace mlacheck {

Workspace::~Workspace() {
  for (const Chunk& chunk : chunks_) {
    backend_->declare(chunk.memory, chunk.bytes, Use::initialized);
    backend_->free(chunk.memory);
  }
}

std::byte* Workspace::take(std::size_t bytes) {
  constexpr std::size_t kChunk = std::size_t{1} << 18;
  constexpr std::size_t kAlignment = 256;
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  while (true) {
    if (chunk_ == chunks_.size()) {
      const std::size_t size = std::max(kChunk, bytes);
      std::byte* const memory = backend_->allocate(size);
      if (memory == nullptr) return nullptr;
      chunks_.push_back({memory, size});
    }
    const Chunk& chunk = chunks_[chunk_];
    if (used_ + bytes <= chunk.bytes) {
      used_ += bytes;
      return chunk.memory + used_ - bytes;
    }
    ++chunk_;
    used_ = 0;
  }
}

}  // namespace mlacheck
