// ds_read_b64_tr_b8, gfx950: a load of 64 bits that transposes bytes on the way. The loads of 16 lanes are a matrix of 16
// columns, row after row: a lane has 8 bytes of a row, and 16 lanes have 8 rows. Lane c of the 16 gets column c.
//
// AMD has not published this in words that name lanes. aiter's MXFP4 product, whose weights come this way where they are
// contiguous along the columns, has right results with it. Its sisters for 4 and 16 bits have not been met.
#include <array>

#include "harness/amd/lds/families.hpp"
#include "harness/amd/wave/failure.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {
namespace {

constexpr unsigned kGroup = 16;  // lanes
constexpr unsigned kBits = 8;    // of an element
constexpr unsigned kEach = 64 / kBits;
constexpr unsigned kLanesOfRow = kGroup / kEach;

void run_transposed(Wave& wave, const Operation& operation) {
  if (wave.exec() != ~u64{0}) {
    fail(wave, operation, Fault::Kind::unknown_instruction,
         "transposes with lanes that EXEC, " + hexadecimal(wave.exec()) + ", disables");
  }
  operation.inner(wave, operation);
  auto& low = wave.vector[operation.target];
  auto& high = wave.vector[operation.target + 1U];
  for (unsigned first = 0; first < kLanes; first += kGroup) {
    std::array<u64, kGroup> loaded;
    for (unsigned i = 0; i < kGroup; ++i) loaded[i] = joined(low[first + i], high[first + i]);
    for (unsigned column = 0; column < kGroup; ++column) {
      u64 result = 0;
      for (unsigned row = 0; row < kEach; ++row) {
        const u64 from = loaded[row * kLanesOfRow + column / kEach] >> (kBits * (column % kEach));
        result |= (from & ((u64{1} << kBits) - 1)) << (kBits * row);
      }
      low[first + column] = low_word(result);
      high[first + column] = high_word(result);
    }
  }
}

void bind_transposed(const Binding& binding) {
  instruction_table().find("ds_read_b64")->bind(binding);
  binding.operation.inner = binding.operation.run;
  binding.operation.run = &run_transposed;
}

}  // namespace

void add_lds_transposed(Table& table) {
  Entry entry = *table.find("ds_read_b64");
  entry.bind = &bind_transposed;
  table.add("ds_read_b64_tr_b8", entry);
}

}  // namespace mlacheck::amd
