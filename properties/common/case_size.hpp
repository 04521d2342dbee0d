// How large a case may be: what the harness holds in memory and carries out on a CPU.
#pragma once

#include <string>
#include <vector>

#include "harness/op/problem.hpp"

namespace mlacheck {

/// Empty, or why operands with these layouts are too large. Each element of storage, gaps included,
/// costs a battery some 40 bytes: contents, positions, images and copies. 2^25 of them keep a
/// worker well below its limit, and hold every model's shape that is required.
std::string too_much_storage(const std::vector<Layout>& layouts);

/// Empty, or why so many products (the extents multiplied) are too many: 2^31 of them take the CPU
/// executor minutes.
std::string too_many_products(const std::vector<std::int64_t>& extents);

}  // namespace mlacheck
