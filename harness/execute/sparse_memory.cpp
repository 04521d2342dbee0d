#include "harness/execute/sparse_memory.hpp"

#include <algorithm>
#include <utility>

namespace mlacheck {
namespace {

// A run of elements that are neighbours both in logical order and in memory.
struct Stretch {
  std::size_t first;  // logical
  std::size_t count;
  std::int64_t position;  // storage element of the first one
};

std::vector<Stretch> stretches_of(const std::vector<std::int64_t>& positions) {
  std::vector<Stretch> stretches;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (!stretches.empty()) {
      Stretch& last = stretches.back();
      if (last.position + static_cast<std::int64_t>(last.count) == positions[i]) {
        ++last.count;
        continue;
      }
    }
    stretches.push_back({i, 1, positions[i]});
  }
  return stretches;
}

class SparseMemory final : public OperandMemory {
 public:
  enum class Elsewhere { unmapped, accessible };

  SparseMemory(const Operand& operand, const Layout& layout,
               const std::vector<std::int64_t>& positions, Elsewhere elsewhere, Backend& backend,
               const RunOptions& options)
      : operand_(&operand),
        layout_(layout),
        backend_(&backend),
        width_(size_of(operand.dtype)),
        stretches_(stretches_of(positions)),
        memory_(reserved(elsewhere)) {
    if (memory_ == nullptr) {
      error_ = "no sparse memory for operand " + operand.name;
      return;
    }
    const bool output = operand.access == Access::output;
    const std::byte poison = poison_byte(dead_poison(operand, options));
    for (const Stretch& stretch : stretches_) {
      std::vector<std::byte> bytes(stretch.count * width_, poison);
      for (std::size_t i = 0; i < stretch.count && !output; ++i) {
        if (operand.cell(stretch.first + i) == Cell::dead) continue;
        store_bits(operand.dtype, bytes.data() + i * width_, operand.bits[stretch.first + i]);
      }
      note(backend.upload(address(stretch), bytes.data(), bytes.size()));
    }
  }
  ~SparseMemory() override {
    if (memory_ != nullptr) backend_->free_sparse(memory_);
  }

  std::string error() const override { return error_; }

  Tensor tensor() const override {
    Operand whole = *operand_;
    whole.layout = layout_;
    return tensor_of(whole, memory_);
  }

  std::optional<std::vector<Range>> touched_pages() const override {
    return backend_->touched_pages(memory_);
  }

  Status refill(const Operand& /*contents*/) override {
    return {StatusCode::unsupported, "sparse memory is not refilled"};
  }

  std::vector<std::uint32_t> collect(std::vector<Finding>& /*findings*/, Outputs) override {
    if (operand_->access == Access::input) return {};
    std::vector<std::uint32_t> bits(static_cast<std::size_t>(operand_->layout.elements()));
    for (const Stretch& stretch : stretches_) {
      std::vector<std::byte> bytes(stretch.count * width_);
      note(backend_->download(bytes.data(), address(stretch), bytes.size()));
      for (std::size_t i = 0; i < stretch.count; ++i) {
        bits[stretch.first + i] = load_bits(operand_->dtype, bytes.data() + i * width_);
      }
    }
    return bits;
  }

 private:
  std::vector<Range> touched() const {
    std::vector<Range> ranges;
    for (const Stretch& stretch : stretches_) {
      ranges.push_back(
          {static_cast<std::size_t>(stretch.position) * width_, stretch.count * width_});
    }
    return ranges;
  }
  std::byte* reserved(Elsewhere elsewhere) const {
    const auto bytes = std::max<std::size_t>(static_cast<std::size_t>(layout_.storage) * width_, 1);
    return elsewhere == Elsewhere::accessible
               ? backend_->allocate_spread(bytes, touched(), operand_->name)
               : backend_->allocate_sparse(bytes, touched(), operand_->name);
  }
  std::byte* address(const Stretch& stretch) const {
    return memory_ + static_cast<std::size_t>(stretch.position) * width_;
  }
  void note(const Status& status) {
    if (!status.ok() && error_.empty()) error_ = status.message();
  }

  const Operand* operand_;
  Layout layout_;
  Backend* backend_;
  std::size_t width_;
  std::vector<Stretch> stretches_;
  std::byte* memory_;
  std::string error_;
};

}  // namespace

std::unique_ptr<OperandMemory> place_sparse(const Operand& operand, Backend& backend,
                                            const RunOptions& options) {
  return std::make_unique<SparseMemory>(operand, operand.layout, *operand.layout.positions(),
                                        SparseMemory::Elsewhere::unmapped, backend, options);
}

std::unique_ptr<OperandMemory> place_among(const Operand& operand, const Layout& layout,
                                           const std::vector<std::int64_t>& positions,
                                           Backend& backend, const RunOptions& options) {
  return std::make_unique<SparseMemory>(operand, layout, positions,
                                        SparseMemory::Elsewhere::accessible, backend, options);
}

}  // namespace mlacheck
