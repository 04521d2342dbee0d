// Which registers an instruction reads and writes, and which unit executes it.
#pragma once

#include <memory>
#include <vector>

#include "harness/amd/monitor/bits.hpp"
#include "harness/amd/wave/operation.hpp"

namespace mlacheck::amd {

/// Words of one register file: vector registers as Wave::vector counts them, scalar ones as
/// Wave::scalar does.
struct Registers {
  bool vector = false;
  unsigned first = 0;
  unsigned count = 1;

  bool overlaps(const Registers& other) const {
    return vector == other.vector && first < other.first + other.count &&
           other.first < first + count;
  }
};

struct Effects {
  enum class Unit : u8 {
    control,        ///< waits, branches, barriers
    scalar,         ///< SALU
    vector,         ///< VALU
    matrix,         ///< MFMA
    scalar_memory,  ///< SMEM
    memory,         ///< GLOBAL, BUFFER and SCRATCH instructions
    flat,
    lds,
  };
  Unit unit = Unit::control;
  /// Explicit operands; of implicit ones VCC, EXEC and M0 where an instruction depends on them by
  /// itself, but not EXEC as the mask of lanes.
  std::vector<Registers> reads;
  std::vector<Registers> writes;
  bool reads_scc = false;
  bool writes_scc = false;
  bool loads = false;   ///< memory instructions: gives registers or LDS a value
  bool stores = false;  ///< changes memory
  bool atomic = false;
  bool exchange = false;  ///< LDS hardware without LDS memory: ds_bpermute and its like
  bool to_lds = false;    ///< a load whose target is LDS
  bool transcendental = false;
  Spread spread = Spread::whole;  ///< of undefined bits
  /// Whose effects these are; held, so that no other instruction gets its address.
  std::shared_ptr<const Instruction> instruction;

  bool reaches_memory() const { return loads || stores; }
};

Effects effects_of(const Operation& operation, unsigned wave_size);

}  // namespace mlacheck::amd
