// The sizes of a case: which of its fields are extents, and the classes that each must be met in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/case/case.hpp"

namespace mlacheck {

/// One size of a case: an integer field, the number of entries of a list, or a part of an entry.
struct Extent {
  /// Number of entries, for `part`.
  static constexpr int kCount = -1;

  std::size_t field = 0;  ///< in the schema
  int part = kCount;      ///< of a list
  bool of_list = false;
  std::string name;  ///< "H", "requests", "requests[1]"
  std::int64_t largest = 0;
};

/// All extents of an op's cases for which Field::largest names a limit.
std::vector<Extent> extents_of(const Schema& schema);

/// What the case has there; of a part, the largest of all entries.
std::int64_t value_of(const Extent& extent, const Case& c);

/// `c` with every extent as simple as can be: a size at its fallback, a list of two entries of
/// ones, and empty those that say something about the entries of another.
Case with_simplest_extents(const Case& c);

/// Sets a size, the number of entries of a list, which all are ones then, or a part of all entries.
/// Throws as Case::set does.
void set_extent(Case& c, const Extent& extent, std::int64_t value);

/// Smaller extents have classes enough of their own (zero, one, next to tiles).
inline constexpr std::int64_t kFirstBucket = 4;

/// Extents from a power of two up to the next.
struct Bucket {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// From kFirstBucket up to the bucket that holds `largest`, cut off there.
std::vector<Bucket> buckets_up_to(std::int64_t largest);

}  // namespace mlacheck
