#include "harness/sweep/reason_counts.hpp"

#include <algorithm>

namespace mlacheck {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string without_numbers(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) {
      result += text[i];
    } else if (i == 0 || !is_digit(text[i - 1])) {
      result += '#';
    }
  }
  return result;
}

}  // namespace

void ReasonCounts::add(const std::string& reason) {
  ++total_;
  std::string key = without_numbers(reason);
  std::string example = reason;
  if (reasons_.size() >= kMost && !reasons_.contains(key)) key = example = "other reasons";
  Entry& entry = reasons_[key];
  if (entry.reason.count++ == 0) {
    entry.reason.example = example;
    entry.order = reasons_.size();
  } else if (entry.reason.example != example) {
    entry.reason.varies = true;
  }
}

std::vector<ReasonCounts::Reason> ReasonCounts::most_common(std::size_t count) const {
  std::vector<const Entry*> entries;
  for (const auto& [key, entry] : reasons_) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) {
    return a->reason.count != b->reason.count ? a->reason.count > b->reason.count
                                              : a->order < b->order;
  });
  entries.resize(std::min(count, entries.size()));
  std::vector<Reason> reasons;
  for (const Entry* entry : entries) reasons.push_back(entry->reason);
  return reasons;
}

}  // namespace mlacheck
