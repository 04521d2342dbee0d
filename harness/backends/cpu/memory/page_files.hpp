// Address space whose touched pages the system can name: a file without a name lies behind it.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "harness/backends/backend.hpp"

namespace mlacheck::cpu {

/// Puts a file without pages in the place of whole pages of mapped memory. Where the system has no such
/// files the memory stays what it is, and touched_pages() tells nothing of it.
void back_by_file(std::byte* memory, std::size_t bytes);

/// Lets go of the file behind memory that begins in these bytes, if there is one.
void forget_file(const std::byte* first, std::size_t bytes);

/// Pages of memory with a file that were touched, in ascending order.
std::optional<std::vector<Range>> touched_pages(const std::byte* memory);

}  // namespace mlacheck::cpu
