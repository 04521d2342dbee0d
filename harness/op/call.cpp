#include "harness/op/call.hpp"

#include <stdexcept>

namespace mlacheck {
namespace {

template <class Entries>
auto find(const Entries& entries, std::string_view name) -> decltype(&entries.front().second) {
  for (const auto& [key, value] : entries) {
    if (key == name) return &value;
  }
  return nullptr;
}

template <class Entries>
const auto& need(const Entries& entries, std::string_view kind, std::string_view name) {
  const auto* value = find(entries, name);
  if (value == nullptr) {
    throw std::out_of_range("call has no " + std::string(kind) + " '" + std::string(name) + "'");
  }
  return *value;
}

}  // namespace

const Tensor* Call::find_tensor(std::string_view name) const { return find(tensors_, name); }

const Tensor& Call::tensor(std::string_view name) const { return need(tensors_, "tensor", name); }

std::int64_t Call::integer(std::string_view name) const { return need(integers_, "integer", name); }

double Call::real(std::string_view name) const { return need(reals_, "real", name); }

}  // namespace mlacheck
