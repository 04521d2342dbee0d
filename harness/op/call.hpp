// One call of a subject: operands and scalars by name. The names of each op are in
// docs/contracts.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/values/tensor.hpp"

namespace mlacheck {

class Call {
 public:
  void set_tensor(std::string name, const Tensor& tensor) {
    tensors_.emplace_back(std::move(name), tensor);
  }
  void set_integer(std::string name, std::int64_t value) {
    integers_.emplace_back(std::move(name), value);
  }
  void set_real(std::string name, double value) { reals_.emplace_back(std::move(name), value); }

  /// Null when the operand was not given (optional operands).
  const Tensor* find_tensor(std::string_view name) const;

  /// These throw std::out_of_range naming what is missing: a defect of the caller, not of the data.
  const Tensor& tensor(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;

  const std::vector<std::pair<std::string, Tensor>>& tensors() const { return tensors_; }
  const std::vector<std::pair<std::string, std::int64_t>>& integers() const { return integers_; }
  const std::vector<std::pair<std::string, double>>& reals() const { return reals_; }

 private:
  std::vector<std::pair<std::string, Tensor>> tensors_;
  std::vector<std::pair<std::string, std::int64_t>> integers_;
  std::vector<std::pair<std::string, double>> reals_;
};

}  // namespace mlacheck
