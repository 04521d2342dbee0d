// The operands of one run in backend memory: put there, handed out as tensors, looked at
// afterwards.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/execute/run_options.hpp"
#include "harness/op/call.hpp"
#include "harness/op/problem.hpp"
#include "harness/op/rows.hpp"

namespace mlacheck {

/// Whether a call had to write its outputs: one that declines or fails need not have.
enum class Outputs : std::uint8_t { written, unfinished };

/// One operand.
class OperandMemory {
 public:
  OperandMemory() = default;
  OperandMemory(const OperandMemory&) = delete;
  OperandMemory& operator=(const OperandMemory&) = delete;
  virtual ~OperandMemory() = default;

  /// Empty, or why the operand could not be placed.
  virtual std::string error() const = 0;
  virtual Tensor tensor() const = 0;

  /// Bytes from the start of the storage to an address in it, where that can be told.
  virtual std::optional<std::int64_t> offset_of(const void* /*address*/) const {
    return std::nullopt;
  }

  /// Pages of the storage that were touched, by anybody; nothing where that cannot be told.
  virtual std::optional<std::vector<Range>> touched_pages() const { return std::nullopt; }

  /// Other contents in the same place; `contents` has the same layout, access and type, and must
  /// outlive the memory.
  virtual Status refill(const Operand& contents) = 0;

  /// After the run: bits of an output in logical order (empty for inputs), and what went wrong.
  virtual std::vector<std::uint32_t> collect(std::vector<Finding>& findings, Outputs outputs) = 0;
};

/// `operand` and `backend` must outlive the result.
std::unique_ptr<OperandMemory> place(const Operand& operand, Backend& backend,
                                     const RunOptions& options);

/// Fresh memory that the harness never wrote, except for inputs; nothing is looked at afterwards.
std::unique_ptr<OperandMemory> place_bare(const Operand& operand, Backend& backend);

/// All operands of a problem.
class PlacedOperands {
 public:
  /// `problem` and `backend` must outlive it.
  PlacedOperands(const Problem& problem, Backend& backend, const RunOptions& options);

  /// Those of rows among many.
  PlacedOperands(const Spread& spread, Backend& backend, const RunOptions& options);

  static PlacedOperands bare(const Problem& problem, Backend& backend);

  std::string error() const;

  /// Names the operand of a finding that has an address and none, and says where in it.
  void locate(Finding& finding) const;

  /// Puts the contents of another problem with the same operands and layouts in place.
  Status refill(const Problem& problem);

  /// Of each operand.
  std::vector<std::optional<std::vector<Range>>> touched_pages() const;

  Call call(const Problem& problem) const;
  std::vector<std::vector<std::uint32_t>> collect(std::vector<Finding>& findings,
                                                  Outputs outputs = Outputs::written);

  /// Makes `operand` lie where `host` lies (same tensor data): for alias checks.
  void alias(std::size_t operand, std::size_t host, std::int64_t byte_offset);

 private:
  PlacedOperands() = default;

  struct Alias {
    std::size_t operand;
    std::size_t host;
    std::int64_t byte_offset;
  };

  std::vector<const Operand*> operands_;
  std::vector<std::unique_ptr<OperandMemory>> memory_;
  std::vector<Alias> aliases_;
};

}  // namespace mlacheck
