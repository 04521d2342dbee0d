#include "bench/device_operands.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>

namespace mlacheck::bench {
namespace {

void check(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

// Those of integers are given. Others do not change how long the kernels take as long as they are ordinary
// numbers: the mask takes a bit from each exponent, so that no infinity and no NaN is left.
std::vector<std::byte> contents_of(const Operand& operand, std::uint64_t seed) {
  const auto elements = static_cast<std::size_t>(operand.layout.storage);
  std::vector<std::byte> bytes(elements * size_of(operand.dtype));
  if (!operand.bits.empty()) {
    for (std::size_t i = 0; i < elements; ++i) {
      store_bits(operand.dtype, bytes.data() + i * size_of(operand.dtype), operand.bits.at(i));
    }
    return bytes;
  }
  if (operand.dtype == DType::f32 && operand.name.ends_with("_scale")) {
    store_bits(DType::f32, bytes.data(), encode(DType::f32, 1.0));
    return bytes;
  }
  std::uint64_t mask = 0xbfbfbfbfbfbfbfbf;
  std::uint64_t always = 0;
  if (operand.dtype == DType::bf16) mask = 0xbfffbfffbfffbfff;
  if (operand.name.ends_with("_scales")) {
    // E8M0 next to 1: the product of two large scales would overflow.
    mask = 0x0303030303030303;
    always = 0x7c7c7c7c7c7c7c7c;
  }
  std::mt19937_64 random(seed);
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = (random() & mask) | always;
    std::memcpy(bytes.data() + at, &word, std::min(sizeof word, bytes.size() - at));
  }
  return bytes;
}

}  // namespace

DeviceOperands::DeviceOperands(const Problem& problem, Backend& backend) : backend_(&backend) {
  for (const Operand& operand : problem.operands) {
    const auto bytes = static_cast<std::size_t>(operand.layout.storage) * size_of(operand.dtype);
    std::byte* const data = backend.allocate(bytes);
    if (data == nullptr) throw std::runtime_error("no memory for operand " + operand.name);
    if (operand.access == Access::output) {
      outputs_.push_back(memory_.size());
    } else {
      check(backend.upload(data, contents_of(operand, memory_.size() + 1).data(), bytes));
    }
    memory_.push_back({data, bytes});
  }
}

DeviceOperands::~DeviceOperands() {
  for (const Memory& memory : memory_) backend_->free(memory.data);
}

Call DeviceOperands::call(const Problem& problem) const {
  Call call;
  for (std::size_t i = 0; i < memory_.size(); ++i) {
    const Operand& operand = problem.operands[i];
    Tensor tensor = dense_tensor(memory_[i].data, operand.dtype, operand.layout.shape);
    std::copy(operand.layout.stride.begin(), operand.layout.stride.end(), tensor.stride.begin());
    call.set_tensor(operand.name, tensor);
  }
  for (const auto& [name, value] : problem.integers) call.set_integer(name, value);
  for (const auto& [name, value] : problem.reals) call.set_real(name, value);
  return call;
}

void DeviceOperands::fill_outputs(std::byte value) {
  for (const std::size_t output : outputs_) {
    check(backend_->fill(memory_[output].data, value, memory_[output].bytes));
  }
}

std::vector<std::byte> DeviceOperands::output() const {
  check(backend_->synchronize());
  const Memory& output = memory_[outputs_.back()];
  std::vector<std::byte> bytes(output.bytes);
  check(backend_->download(bytes.data(), output.data, bytes.size()));
  return bytes;
}

}  // namespace mlacheck::bench
