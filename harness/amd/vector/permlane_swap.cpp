// Rows of 16 or 32 lanes that two registers exchange, gfx950: each odd row of the first with the even row
// before it of the second.
#include "harness/amd/vector/families.hpp"
#include "harness/amd/vector/lanes.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

// Lanes of even rows.
template <unsigned Row>
constexpr u64 kEvenRows = Row == 16 ? 0x0000'ffff'0000'ffff : 0x0000'0000'ffff'ffff;

template <unsigned Row>
void run_swap(Wave& wave, const Operation& operation) {
  auto& odd = wave.vector[operation.target];
  auto& even = wave.vector[operation.source[0].index];
  const u64 exec = wave.exec();
  // What an enabled lane gets from a disabled one, no manual says.
  const u64 halved = (exec ^ exec >> Row) & kEvenRows<Row>;
  if (halved != 0) {
    fail(wave, operation, Fault::Kind::unknown_instruction,
         "exchanges with a lane that EXEC, " + hexadecimal(exec) + ", disables",
         static_cast<unsigned>(std::countr_zero(halved)));
  }
  each_lane(exec & kEvenRows<Row>, [&](unsigned lane) { std::swap(even[lane], odd[lane + Row]); });
}

void bind_swap(const Binding& binding) {
  expect_modifiers(binding, {});
  binding.operation.target = binding.vector_target(0);
  binding.source(0, 1, Type::uint32);
  if (binding.operation.source[0].kind != Source::Kind::vector)
    throw Unknown{"operand '" + binding.operand(1).text + "' is no vector register"};
}

}  // namespace

void add_permlane_swap(Table& table) {
  table.add("v_permlane16_swap_b32", {&run_swap<16>, &bind_swap, Type::uint32, {Type::uint32}, 1});
  table.add("v_permlane32_swap_b32", {&run_swap<32>, &bind_swap, Type::uint32, {Type::uint32}, 1});
}

}  // namespace mlacheck::amd
