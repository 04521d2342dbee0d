#include "harness/execute/guarded_context.hpp"

#include <algorithm>

namespace mlacheck {
namespace {

constexpr std::size_t kZone = 4096;
// Room for red zones and alignment stays below 63 bits.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 62;

}  // namespace

GuardedContext::GuardedContext(Backend& backend, std::optional<Poison> poison, Workspace* workspace)
    : backend_(&backend),
      poison_(poison),
      workspace_(workspace),
      receipt_(backend.allocate(sizeof(std::uint64_t))) {
  if (receipt_ == nullptr) {
    backend_error_ = "no memory for the receipt counter";
    return;
  }
  note(backend.fill(receipt_, std::byte{0}, sizeof(std::uint64_t)));
  backend.declare(receipt_, sizeof(std::uint64_t), Use::initialized);
}

GuardedContext::~GuardedContext() {
  for (const Block& block : blocks_) {
    backend_->declare(block.memory, block.bytes + 2 * block.zone, Use::allowed);
    backend_->declare(block.memory, block.bytes + 2 * block.zone, Use::initialized);
    backend_->free(block.memory);
  }
  if (receipt_ != nullptr) backend_->free(receipt_);
}

void GuardedContext::note(const Status& status) {
  if (!status.ok() && backend_error_.empty()) backend_error_ = status.message();
}

Tensor GuardedContext::allocate(std::string_view name, DType dtype,
                                std::span<const std::int64_t> shape) {
  Tensor tensor = dense_tensor(nullptr, dtype, shape);
  ++requests_;
  const std::optional<std::int64_t> bytes = dense_bytes(dtype, shape);
  if (!bytes || *bytes > kMostBytes) return tensor;
  Block block;
  block.name = name;
  block.zone = kZone;
  block.bytes = static_cast<std::size_t>(*bytes);
  if (block.bytes == 0) {
    ++cost_.allocations;
    return tensor;
  }
  if (denied_ && denied_->what == Denial::What::allocation && denied_->number == requests_) {
    return tensor;
  }
  if (workspace_ != nullptr) {
    block.zone = 0;
    block.memory = workspace_->take(block.bytes);
    if (block.memory == nullptr) return tensor;
    tensor.data = block.memory;
    count(tensor.data, block.bytes);
    return tensor;
  }
  const std::size_t whole = block.bytes + 2 * block.zone;
  block.memory = backend_->allocate(whole);
  if (block.memory == nullptr) return tensor;
  if (poison_) note(backend_->fill(block.memory, poison_byte(*poison_), whole));
  backend_->declare(block.memory, block.zone, Use::forbidden);
  backend_->declare(block.memory + block.zone, block.bytes, Use::uninitialized);
  backend_->declare(block.memory + block.zone + block.bytes, block.zone, Use::forbidden);
  tensor.data = block.memory + block.zone;
  count(tensor.data, block.bytes);
  blocks_.push_back(std::move(block));
  return tensor;
}

// Memory stays until the end of the run, so that its red zones can still be checked. But it may be
// anybody's from now on: a subject that uses it all the same reads poison, and is told so by a sanitizer
// build.
void GuardedContext::release(const Tensor& scratch) {
  const auto found = held_.find(scratch.data);
  if (found == held_.end()) return;
  held_bytes_ -= found->second;
  held_.erase(found);
  if (keeps_released_) return;
  for (const Block& block : blocks_) {
    if (block.memory + block.zone != scratch.data) continue;
    // In the order of the stream: what was launched before still has its data.
    if (poison_)
      note(backend_->fill(block.memory + block.zone, poison_byte(*poison_), block.bytes));
    // Under the CPU executor the work is done when launch returns; on a GPU this has no effect.
    backend_->declare(block.memory + block.zone, block.bytes, Use::forbidden);
  }
}

void GuardedContext::count(const void* data, std::size_t bytes) {
  ++cost_.allocations;
  cost_.bytes_allocated += bytes;
  held_[data] = bytes;
  held_bytes_ += bytes;
  cost_.peak_bytes = std::max(cost_.peak_bytes, held_bytes_);
}

Status GuardedContext::record(const LaunchRecord& launch) {
  if (denied_ && denied_->what == Denial::What::launch && denied_->number == launches_.size() + 1) {
    denied_.reset();
    return {StatusCode::launch_failed, "kernel " + std::string(launch.kernel) + ": refused"};
  }
  launches_.push_back(launch);
  ++cost_.launches;
  return {};
}

void GuardedContext::record_traffic(Traffic traffic, std::uint64_t bytes) {
  (traffic == Traffic::fill ? cost_.bytes_filled : cost_.bytes_copied) += bytes;
}

unsigned long long* GuardedContext::receipt_counter() const {
  return reinterpret_cast<unsigned long long*>(receipt_);
}

bool GuardedContext::zone_intact(const Block& block, std::size_t from) {
  std::vector<std::byte> zone(block.zone);
  note(backend_->download(zone.data(), block.memory + from, block.zone));
  return std::all_of(zone.begin(), zone.end(),
                     [&](std::byte byte) { return byte == poison_byte(*poison_); });
}

std::vector<std::string> GuardedContext::scratch_violations() {
  std::vector<std::string> violations;
  for (const Block& block : blocks_) {
    backend_->declare(block.memory, block.bytes + 2 * block.zone, Use::allowed);
    if (!poison_) continue;
    if (!zone_intact(block, 0)) {
      violations.push_back("scratch " + block.name + ": bytes before its start were written");
    }
    if (!zone_intact(block, block.zone + block.bytes)) {
      violations.push_back("scratch " + block.name + ": bytes past its end were written");
    }
  }
  return violations;
}

std::uint64_t GuardedContext::blocks_expected() const {
  std::uint64_t blocks = 0;
  for (const LaunchRecord& launch : launches_) blocks += launch.grid.count();
  return blocks;
}

std::uint64_t GuardedContext::blocks_run() {
  std::uint64_t blocks = 0;
  note(backend_->download(reinterpret_cast<std::byte*>(&blocks), receipt_, sizeof blocks));
  return blocks;
}

}  // namespace mlacheck
