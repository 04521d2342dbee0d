// Operands whose elements lie gigabytes apart, on addresses of which only the touched pages take
// memory.
#pragma once

#include <memory>

#include "harness/execute/operand_memory.hpp"

namespace mlacheck {

/// Only the elements themselves are initialised; what lies between them is not looked at.
std::unique_ptr<OperandMemory> place_sparse(const Operand& operand, Backend& backend,
                                            const RunOptions& options);

}  // namespace mlacheck
