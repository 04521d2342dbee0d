#include <exception>
#include <string>

#include "harness/amd/capi/mlacheck_amd.h"
#include "harness/amd/decode/disassembler.hpp"
#include "harness/amd/kernel.hpp"

const char* mlacheck_amd_missing(const char* target) {
  static std::string text;
  try {
    const auto known = mlacheck::amd::target_named(target);
    if (!known) {
      text = "target '" + std::string(target) + "': expected gfx90a, gfx942, gfx950 or gfx1030";
      return text.c_str();
    }
    const mlacheck::amd::Disassembler disassembler(*known);
    return nullptr;
  } catch (const std::exception& error) {
    text = error.what();
    return text.c_str();
  }
}
