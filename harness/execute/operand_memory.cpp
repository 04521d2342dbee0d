#include "harness/execute/operand_memory.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "harness/execute/sparse_memory.hpp"
#include "harness/memory/image.hpp"

namespace mlacheck {
namespace {

// Calls back with maximal byte ranges (from the start of the image) of cells that hold a value or
// must get one.
template <class Callback>
void for_each_live_range(const Image& image, const Callback& callback) {
  const Operand& operand = image.operand();
  const std::size_t width = size_of(operand.dtype);
  const auto count = static_cast<std::size_t>(operand.layout.elements());
  std::size_t first = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Cell cell = operand.cell(i);
    if (cell == Cell::dead || (cell == Cell::optional && operand.access == Access::output)) {
      continue;
    }
    const std::size_t at = image.byte_of(i);
    if (bytes > 0 && at == first + bytes) {
      bytes += width;
      continue;
    }
    if (bytes > 0) callback(first, bytes);
    first = at;
    bytes = width;
  }
  if (bytes > 0) callback(first, bytes);
}

// An operand as an image on the host and its copy in backend memory.
class ImageMemory final : public OperandMemory {
 public:
  enum class Kind { red_zones, ends_at_page, starts_at_page, bare };

  ImageMemory(const Operand& operand, Backend& backend, const RunOptions& options, Kind kind)
      : backend_(&backend),
        options_(options),
        kind_(kind),
        image_(operand, operand.access == Access::output ? options.outputs : options.gaps,
               dead_poison(operand, options), kind == Kind::red_zones || kind == Kind::bare) {
    const std::size_t bytes = image_.bytes().size();
    memory_ = guarded() ? allocate_guarded(bytes) : backend.allocate(bytes);
    if (memory_ == nullptr) {
      error_ = "no memory for operand " + operand.name;
      return;
    }
    if (kind == Kind::bare && operand.access == Access::output) return;
    if (bytes > 0) note(backend.upload(memory_, image_.bytes().data(), bytes));
    if (kind != Kind::bare) declare_all();
  }

  ~ImageMemory() override {
    if (memory_ == nullptr) return;
    if (guarded()) {
      backend_->free_guarded(memory_);
      return;
    }
    // A sanitizer must not carry what it knows of this run over to the next owner of the memory.
    backend_->declare(memory_, image_.bytes().size(), Use::allowed);
    backend_->declare(memory_, image_.bytes().size(), Use::initialized);
    backend_->free(memory_);
  }

  std::string error() const override { return error_; }

  Tensor tensor() const override {
    Tensor tensor = image_.view(memory_);
    if (guarded() && tensor.elements() == 0) tensor.data = memory_;
    return tensor;
  }

  std::optional<std::int64_t> offset_of(const void* address) const override {
    const auto* const byte = static_cast<const std::byte*>(address);
    const std::byte* const end = memory_ + image_.bytes().size();
    if (memory_ == nullptr || std::less<>()(byte, memory_) || !std::less<>()(byte, end)) {
      return std::nullopt;
    }
    return byte - memory_ - static_cast<std::int64_t>(image_.zone_bytes());
  }

  Status refill(const Operand& contents) override {
    image_ = Image(contents, contents.access == Access::output ? options_.outputs : options_.gaps,
                   dead_poison(contents, options_), !guarded());
    if (image_.bytes().empty()) return {};
    backend_->declare(memory_, image_.bytes().size(), Use::allowed);
    const Status uploaded = backend_->upload(memory_, image_.bytes().data(), image_.bytes().size());
    declare_all();
    return uploaded;
  }

  std::vector<std::uint32_t> collect(std::vector<Finding>& findings, Outputs outputs) override {
    if (image_.bytes().empty()) return {};
    if (outputs == Outputs::written) report_uninitialized(findings);
    backend_->declare(memory_, image_.bytes().size(), Use::allowed);
    std::vector<std::byte> after(image_.bytes().size());
    note(backend_->download(after.data(), memory_, after.size()));
    std::optional<ForeignWrites> foreign = image_.foreign_writes(after);
    if (foreign) {
      findings.emplace_back(Check::canary, std::move(foreign->text), image_.operand().name,
                            std::move(foreign->kind));
    }
    if (image_.operand().access == Access::input) return {};
    return image_.read(after);
  }

 private:
  // A subject that wants alignment gets it: a few bytes are left between the end and the page then.
  std::byte* allocate_guarded(std::size_t bytes) const {
    const Operand& operand = image_.operand();
    if (kind_ != Kind::ends_at_page) {
      return backend_->allocate_guarded(bytes, Side::begin, operand.name);
    }
    const auto unit = static_cast<std::size_t>(std::max<std::int64_t>(operand.alignment, 1));
    return backend_->allocate_guarded((bytes + unit - 1) / unit * unit, Side::end, operand.name);
  }

  bool guarded() const { return kind_ == Kind::ends_at_page || kind_ == Kind::starts_at_page; }

  void note(const Status& status) {
    if (!status.ok() && error_.empty()) error_ = status.message();
  }

  void declare_all() {
    const std::size_t zone = image_.zone_bytes();
    const std::size_t storage = image_.bytes().size() - 2 * zone;
    backend_->declare(memory_ + zone, storage, Use::uninitialized);
    if (image_.operand().access != Access::output) {
      for_each_live_range(image_, [&](std::size_t first, std::size_t bytes) {
        backend_->declare(memory_ + first, bytes, Use::initialized);
      });
    }
    if (zone == 0) return;
    backend_->declare(memory_, zone, Use::forbidden);
    backend_->declare(memory_ + zone + storage, zone, Use::forbidden);
  }

  // MSan's answer to "was every live output cell written, from initialised values only?".
  void report_uninitialized(std::vector<Finding>& findings) {
    if (image_.operand().access == Access::input) return;
    std::string place;
    for_each_live_range(image_, [&](std::size_t first, std::size_t bytes) {
      const auto offset = backend_->first_uninitialized(memory_ + first, bytes);
      if (offset && place.empty()) place = std::to_string(first + *offset - image_.zone_bytes());
    });
    if (place.empty()) return;
    findings.emplace_back(
        Check::sanitizer,
        image_.operand().name + ": byte " + place + " of the storage holds an uninitialised value",
        image_.operand().name, "uninitialised");
  }

  Backend* backend_;
  RunOptions options_;
  Kind kind_;
  Image image_;
  std::byte* memory_ = nullptr;
  std::string error_;
};

ImageMemory::Kind kind_of(Placement placement) {
  switch (placement) {
    case Placement::ends_at_page:
      return ImageMemory::Kind::ends_at_page;
    case Placement::starts_at_page:
      return ImageMemory::Kind::starts_at_page;
    case Placement::red_zones:
    case Placement::sparse:
      break;
  }
  return ImageMemory::Kind::red_zones;
}

}  // namespace

std::unique_ptr<OperandMemory> place(const Operand& operand, Backend& backend,
                                     const RunOptions& options) {
  if (options.placement == Placement::sparse) return place_sparse(operand, backend, options);
  return std::make_unique<ImageMemory>(operand, backend, options, kind_of(options.placement));
}

std::unique_ptr<OperandMemory> place_bare(const Operand& operand, Backend& backend) {
  return std::make_unique<ImageMemory>(operand, backend, RunOptions{}, ImageMemory::Kind::bare);
}

PlacedOperands::PlacedOperands(const Problem& problem, Backend& backend,
                               const RunOptions& options) {
  for (const Operand& operand : problem.operands) {
    operands_.push_back(&operand);
    memory_.push_back(place(operand, backend, options));
  }
}

PlacedOperands::PlacedOperands(const Spread& spread, Backend& backend, const RunOptions& options) {
  for (std::size_t k = 0; k < spread.problem.operands.size(); ++k) {
    const Operand& operand = spread.problem.operands[k];
    operands_.push_back(&operand);
    memory_.push_back(
        place_among(operand, spread.layouts[k], spread.positions[k], backend, options));
  }
}

PlacedOperands PlacedOperands::bare(const Problem& problem, Backend& backend) {
  PlacedOperands placed;
  for (const Operand& operand : problem.operands) {
    placed.operands_.push_back(&operand);
    placed.memory_.push_back(place_bare(operand, backend));
  }
  return placed;
}

std::string PlacedOperands::error() const {
  for (const auto& memory : memory_) {
    if (!memory->error().empty()) return memory->error();
  }
  return {};
}

void PlacedOperands::locate(Finding& finding) const {
  for (std::size_t i = 0; finding.address != nullptr && i < memory_.size(); ++i) {
    const std::optional<std::int64_t> offset = memory_[i]->offset_of(finding.address);
    if (!offset) continue;
    finding.operand = operands_[i]->name;
    finding.text += " (" + finding.operand + ", byte " + std::to_string(*offset) + ")";
    break;
  }
  finding.address = nullptr;
}

Status PlacedOperands::refill(const Problem& problem) {
  for (std::size_t i = 0; i < memory_.size(); ++i) {
    operands_[i] = &problem.operands[i];
    if (Status status = memory_[i]->refill(problem.operands[i]); !status.ok()) return status;
  }
  return {};
}

std::vector<std::optional<std::vector<Range>>> PlacedOperands::touched_pages() const {
  std::vector<std::optional<std::vector<Range>>> pages;
  for (const auto& memory : memory_) pages.push_back(memory->touched_pages());
  return pages;
}

Call PlacedOperands::call(const Problem& problem) const {
  Call call;
  for (std::size_t i = 0; i < memory_.size(); ++i) {
    Tensor tensor = memory_[i]->tensor();
    for (const Alias& alias : aliases_) {
      if (alias.operand != i) continue;
      tensor.data = static_cast<std::byte*>(memory_[alias.host]->tensor().data) + alias.byte_offset;
    }
    call.set_tensor(operands_[i]->name, tensor);
  }
  for (const auto& [name, value] : problem.integers) call.set_integer(name, value);
  for (const auto& [name, value] : problem.reals) call.set_real(name, value);
  return call;
}

std::vector<std::vector<std::uint32_t>> PlacedOperands::collect(std::vector<Finding>& findings,
                                                                Outputs outputs) {
  std::vector<std::vector<std::uint32_t>> bits;
  for (const auto& memory : memory_) bits.push_back(memory->collect(findings, outputs));
  return bits;
}

void PlacedOperands::alias(std::size_t operand, std::size_t host, std::int64_t byte_offset) {
  aliases_.push_back({operand, host, byte_offset});
}

}  // namespace mlacheck
