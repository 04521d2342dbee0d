// What s_getreg and s_setreg name: "hwreg(HW_REG_MODE, 4, 2)".
#pragma once

#include "harness/amd/decode/bind.hpp"
#include "harness/amd/wave/operation.hpp"

namespace mlacheck::amd {

struct HardwareRegister {
  enum class Name : u8 { mode, flat_scratch, memory_bases };
  Name name = Name::mode;
  unsigned offset = 0;  ///< first bit
  u32 mask = ~0U;       ///< of the field, at bit 0
};

/// Throws Unknown for another register.
void set_hardware_register(Operation& operation, const Operand& operand);
HardwareRegister hardware_register(const Operation& operation);

}  // namespace mlacheck::amd
