// Operands whose elements lie gigabytes apart, on addresses of which only the touched pages take
// memory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/execute/operand_memory.hpp"

namespace mlacheck {

/// Only the elements themselves are initialised; what lies between them is not looked at.
std::unique_ptr<OperandMemory> place_sparse(const Operand& operand, Backend& backend,
                                            const RunOptions& options);

/// The same for an operand whose elements lie at `positions` of a storage laid out as `layout`, of
/// which everything else may be accessed.
std::unique_ptr<OperandMemory> place_among(const Operand& operand, const Layout& layout,
                                           const std::vector<std::int64_t>& positions,
                                           Backend& backend, const RunOptions& options);

}  // namespace mlacheck
