// SOPP, and what changes the program counter or the mode.
#include <algorithm>

#include "harness/amd/scalar/families.hpp"
#include "harness/amd/scalar/hardware_register.hpp"
#include "harness/amd/scalar/operate.hpp"
#include "harness/amd/wave/clock.hpp"
#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

enum class When { always, scc0, scc1, vccz, vccnz, execz, execnz };

template <When Condition>
bool holds(const Wave& wave) {
  switch (Condition) {
    case When::always:
      return true;
    case When::scc0:
      return !wave.scc();
    case When::scc1:
      return wave.scc();
    case When::vccz:
      return wave.mask(ScalarRegister::kVcc) == 0;
    case When::vccnz:
      return wave.mask(ScalarRegister::kVcc) != 0;
    case When::execz:
      return wave.exec() == 0;
    case When::execnz:
      return wave.exec() != 0;
  }
  return false;
}

template <When Condition>
void run_branch(Wave& wave, const Operation& operation) {
  if (holds<Condition>(wave)) wave.pc += static_cast<u64>(operation.offset);
}

// LLVM prints the 16 bits of the instruction, a signed count of words from the next one.
void bind_branch(const Binding& binding) {
  const Operand& target = binding.operand(0);
  if (target.kind != Operand::Kind::number) throw Unknown{"the target is no number"};
  binding.operation.offset = 4 * i64{sign_extended(low_word(static_cast<u64>(target.number)), 16)};
}

template <When Condition>
constexpr Entry branch() {
  return {&run_branch<Condition>, &bind_branch, Type::none, {}, 0};
}

void run_nothing(Wave&, const Operation&) {}
void bind_nothing(const Binding&) {}
constexpr Entry nothing() { return {&run_nothing, &bind_nothing, Type::none, {}, 0}; }

void run_end(Wave& wave, const Operation&) { wave.state = Wave::State::ended; }
void run_barrier(Wave& wave, const Operation&) { wave.state = Wave::State::at_barrier; }
void run_trap(Wave& wave, const Operation& operation) {
  fail(wave, operation, Fault::Kind::unknown_instruction, "the kernel stopped itself");
}

// No time passes here that would mean anything: a clock that goes on by one with each look at it.
void run_clock(Wave& wave, const Operation& operation) {
  set_scalar(wave, operation.target, u64{++wave.scalar[kClock]});
}

void run_get_pc(Wave& wave, const Operation& operation) {
  set_scalar(wave, operation.target, wave.pc);
}
void run_set_pc(Wave& wave, const Operation& operation) {
  wave.pc = scalar64(wave, operation.source[0]);
}
void run_swap_pc(Wave& wave, const Operation& operation) {
  const u64 target = scalar64(wave, operation.source[0]);
  set_scalar(wave, operation.target, wave.pc);
  wave.pc = target;
}

void set_mode(Wave& wave, u32 mode) {
  wave.mode = mode;
  wave.special_mode = (mode & 0xffU) != 0xf0U;
}

// s_round_mode and s_denorm_mode set four bits of MODE.
template <unsigned Shift>
void run_set_part_of_mode(Wave& wave, const Operation& operation) {
  const u32 bits = static_cast<u32>(operation.offset) & 0xfU;
  set_mode(wave, (wave.mode & ~(0xfU << Shift)) | bits << Shift);
}
void bind_immediate(const Binding& binding) {
  binding.operation.offset = binding.operand(0).number;
}

void run_get_register(Wave& wave, const Operation& operation) {
  const HardwareRegister from = hardware_register(operation);
  u32 value = 0;
  if (from.name == HardwareRegister::Name::mode) value = wave.mode;
  if (from.name == HardwareRegister::Name::memory_bases) {
    value = static_cast<u32>(kPrivateAperture >> 48) | static_cast<u32>(kSharedAperture >> 48)
                                                           << 16;
  }
  wave.scalar[operation.target] = value >> from.offset & from.mask;
}

void run_set_register(Wave& wave, const Operation& operation) {
  const HardwareRegister to = hardware_register(operation);
  // Where scratch begins is known without the registers that kernels of gfx10 set.
  if (to.name != HardwareRegister::Name::mode) return;
  const u32 field = to.mask << to.offset;
  const u32 value = scalar32(wave, operation.source[0]) << to.offset;
  set_mode(wave, (wave.mode & ~field) | (value & field));
}

void bind_get_register(const Binding& binding) {
  binding.operation.target = binding.scalar_target(0);
  set_hardware_register(binding.operation, binding.operand(1));
  const auto name = hardware_register(binding.operation).name;
  if (name == HardwareRegister::Name::flat_scratch) throw Unknown{"flat scratch cannot be read"};
}
void bind_set_register(const Binding& binding) {
  set_hardware_register(binding.operation, binding.operand(0));
  binding.source(0, 1, Type::uint32);
  const auto name = hardware_register(binding.operation).name;
  if (name == HardwareRegister::Name::memory_bases) throw Unknown{"memory bases cannot be set"};
}

}  // namespace

void add_scalar_control(Table& table) {
  table.add("s_branch", branch<When::always>());
  table.add("s_cbranch_scc0", branch<When::scc0>());
  table.add("s_cbranch_scc1", branch<When::scc1>());
  table.add("s_cbranch_vccz", branch<When::vccz>());
  table.add("s_cbranch_vccnz", branch<When::vccnz>());
  table.add("s_cbranch_execz", branch<When::execz>());
  table.add("s_cbranch_execnz", branch<When::execnz>());
  // Timing, caches, prefetching: nothing that this interpreter has.
  for (const char* const name : {"s_nop",
                                 "s_waitcnt",
                                 "s_waitcnt_vscnt",
                                 "s_waitcnt_vmcnt",
                                 "s_waitcnt_expcnt",
                                 "s_waitcnt_lgkmcnt",
                                 "s_waitcnt_depctr",
                                 "s_clause",
                                 "s_inst_prefetch",
                                 "s_sleep",
                                 "s_setprio",
                                 "s_dcache_inv",
                                 "s_dcache_wb",
                                 "s_gl1_inv",
                                 "s_icache_inv",
                                 "s_incperflevel",
                                 "s_decperflevel",
                                 "buffer_gl0_inv",
                                 "buffer_gl1_inv",
                                 "buffer_wbinvl1",
                                 "buffer_wbinvl1_vol",
                                 "buffer_wbl2",
                                 "buffer_invl2",
                                 "buffer_inv",
                                 "s_delay_alu"}) {
    table.add(name, nothing());
  }
  table.add("s_endpgm", {&run_end, &bind_nothing, Type::none, {}, 0});
  table.add("s_barrier", {&run_barrier, &bind_nothing, Type::none, {}, 0});
  table.add("s_trap", {&run_trap, &bind_nothing, Type::none, {}, 0});
  table.add("s_getpc_b64", {&run_get_pc, &bind_scalar, Type::uint64, {}, 0});
  table.add("s_memtime", {&run_clock, &bind_scalar, Type::uint64, {}, 0});
  table.add("s_memrealtime", {&run_clock, &bind_scalar, Type::uint64, {}, 0});
  table.add("s_setpc_b64", {&run_set_pc, &bind_scalar, Type::none, {Type::uint64}, 1});
  table.add("s_swappc_b64", {&run_swap_pc, &bind_scalar, Type::uint64, {Type::uint64}, 1});
  table.add("s_round_mode", {&run_set_part_of_mode<0>, &bind_immediate, Type::none, {}, 0});
  table.add("s_denorm_mode", {&run_set_part_of_mode<4>, &bind_immediate, Type::none, {}, 0});
  table.add("s_getreg_b32", {&run_get_register, &bind_get_register, Type::none, {}, 0});
  table.add("s_setreg_b32", {&run_set_register, &bind_set_register, Type::none, {}, 0});
  table.add("s_setreg_imm32_b32", {&run_set_register, &bind_set_register, Type::none, {}, 0});
}

}  // namespace mlacheck::amd
