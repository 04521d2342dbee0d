// Why something was not done, and how often.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mlacheck {

/// Reasons that differ in their numbers only count as one, and are shown by the first of them: a
/// subject that names the size it declines would fill the report otherwise.
class ReasonCounts {
 public:
  struct Reason {
    std::string example;
    std::int64_t count = 0;
    bool varies = false;  ///< the numbers in it are not always those of the example
  };

  void add(const std::string& reason);

  std::int64_t total() const { return total_; }
  bool empty() const { return total_ == 0; }

  /// The most frequent ones first, the earlier one where two are alike.
  std::vector<Reason> most_common(std::size_t count) const;

 private:
  struct Entry {
    Reason reason;
    std::size_t order = 0;
  };
  // Bounded: what a subject says must not fill the memory.
  static constexpr std::size_t kMost = 256;
  std::map<std::string, Entry> reasons_;
  std::int64_t total_ = 0;
};

}  // namespace mlacheck
