// What a subject's table promises of its bits: agreement, conventions, numerics.
#pragma once

#include "harness/abi/subject.h"
#include "harness/op/subject.hpp"
#include "harness/plugin/table_reader.hpp"

namespace mlacheck {

/// These throw std::invalid_argument where a field is out of range.
Agreement agreement_of(const TableReader& reader, std::int32_t value);
Conventions conventions_of(const TableReader& reader, const mlacheck_conventions& c,
                           Agreement agreement);
Numerics numerics_of(const TableReader& reader, const mlacheck_numerics& n);

}  // namespace mlacheck
