// Instructions that gfx950 adds to gfx942, decoded here: the LLVM that Debian 12 has knows gfx942 and not
// gfx950. The text is what a later LLVM prints.
#pragma once

#include <optional>
#include <span>

#include "harness/amd/decode/disassembler.hpp"

namespace mlacheck::amd {

/// Nothing for what is not among them: gfx942 has the rest, in the same encoding.
std::optional<Disassembler::Line> gfx950_line(std::span<const u8> code);

}  // namespace mlacheck::amd
