// The text of a failed comparison: how many, where, what kind of pattern, and the worst elements.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck {

class MismatchReport {
 public:
  /// Against an oracle.
  explicit MismatchReport(const Operand& operand) : operand_(&operand) {}
  /// Two results against each other, by name. `both_unwritten`: an unwritten element is one that
  /// neither of them wrote.
  MismatchReport(const Operand& operand, std::string first, std::string second, bool both_unwritten)
      : operand_(&operand),
        first_(std::move(first)),
        second_(std::move(second)),
        both_unwritten_(both_unwritten) {}

  /// `unwritten`: the element still holds the poison that it was handed out with. Of two results
  /// that is said of the first one.
  void add(std::size_t element, bool pass, std::uint32_t got, double value, double bound,
           bool unwritten);
  void add(std::size_t element, bool pass, std::uint32_t second, std::uint32_t first,
           bool unwritten);

  /// Count and percent, a pattern hint, the worst element by bound ratio, then the first five and
  /// the last five mismatches. At most 80 columns wherever names allow it.
  std::string text() const;

 private:
  struct Row {
    std::size_t element;
    std::uint32_t got;
    std::uint32_t other_bits;  // the other side, or the expected value rounded
    double value;
    double bound;
    bool unwritten;
  };

  void keep(const Row& row, double ratio);
  std::string row_text(const Row& row) const;
  std::string pattern() const;

  const Operand* operand_;
  std::string first_;
  std::string second_;
  bool both_unwritten_ = false;
  std::int64_t seen_ = 0;
  std::int64_t failed_ = 0;
  std::vector<Row> head_;
  std::vector<Row> tail_;  // the last five, a ring in order of arrival
  Row worst_{};
  double worst_ratio_ = -1;
  std::vector<std::size_t> failed_elements_;
};

}  // namespace mlacheck
