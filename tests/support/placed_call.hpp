// A call of a CPU subject on guarded host memory, whose arguments a test may spoil before it calls.
#pragma once

#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/execute/plain_context.hpp"
#include "harness/memory/image.hpp"
#include "harness/op/call.hpp"
#include "harness/subjects/registry.hpp"
#include "harness/subjects/subjects.hpp"

namespace mlacheck::testing_support {

class PlacedCall {
 public:
  explicit PlacedCall(Problem problem, Poison poison = Poison::junk)
      : problem_(std::move(problem)) {
    for (const Operand& operand : problem_.operands) {
      const Image& image = images_.emplace_back(operand, poison);
      memory_.push_back(image.bytes());
      tensors[operand.name] = image.view(memory_.back().data());
    }
    for (const auto& [name, value] : problem_.integers) integers[name] = value;
    for (const auto& [name, value] : problem_.reals) reals[name] = value;
  }
  PlacedCall(const PlacedCall&) = delete;
  PlacedCall& operator=(const PlacedCall&) = delete;

  Call call() const {
    Call call;
    for (const auto& [name, tensor] : tensors) call.set_tensor(name, tensor);
    for (const auto& [name, value] : integers) call.set_integer(name, value);
    for (const auto& [name, value] : reals) call.set_real(name, value);
    return call;
  }

  /// True if no byte of any operand, gap or red zone has changed.
  bool untouched() const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      if (memory_[i] != images_[i].bytes()) return false;
    }
    return true;
  }

  /// Elements of an operand as they are now, in logical order.
  std::vector<std::uint32_t> bits(std::string_view name) const {
    const std::size_t i = problem_.index_of(name);
    return images_[i].read(memory_[i]);
  }

  /// The same decoded.
  std::vector<double> read(std::string_view name) const {
    std::vector<double> values;
    for (const std::uint32_t element : bits(name)) {
      values.push_back(decode(problem_.operand(name).dtype, element));
    }
    return values;
  }

  const Problem& problem() const { return problem_; }

  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::int64_t> integers;
  std::map<std::string, double> reals;

 private:
  Problem problem_;
  std::deque<Image> images_;
  std::deque<std::vector<std::byte>> memory_;
};

/// The variants of one op on one CPU backend.
inline SubjectTable cpu_subjects(const std::string& op, const std::string& backend = "cpu.w32") {
  for (SubjectTable& table : bundled_subjects()) {
    if (table.op == op && table.backend == backend) return std::move(table);
  }
  throw std::out_of_range("no subjects for " + op + " on " + backend);
}

inline const Subject& variant_of(const SubjectTable& table, const std::string& name) {
  if (const Subject* const found = find_subject(table, name)) return *found;
  throw std::out_of_range(table.op + " has no variant " + name);
}

}  // namespace mlacheck::testing_support
