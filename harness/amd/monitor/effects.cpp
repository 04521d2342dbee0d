#include "harness/amd/monitor/effects.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "harness/amd/global/address.hpp"

namespace mlacheck::amd {
namespace {

using Unit = Effects::Unit;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <std::size_t N>
bool starts_with_any(std::string_view name, const std::array<std::string_view, N>& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return name.starts_with(p); });
}

class Reader {
 public:
  Reader(const Operation& operation, unsigned wave_size)
      : operation_(operation),
        instruction_(*operation.instruction),
        name_(instruction_.mnemonic),
        mask_words_(wave_size / 32) {
    effects_.instruction = operation.instruction;
    effects_.spread = spread_of(name_);
  }

  Effects effects() {
    if (name_.starts_with("s_")) {
      read_scalar();
    } else if (name_.starts_with("v_")) {
      read_vector();
    } else if (name_.starts_with("ds_")) {
      read_lds();
    } else {
      read_memory();
    }
    return std::move(effects_);
  }

 private:
  void add(std::vector<Registers>& to, std::size_t number) {
    if (number >= instruction_.operands.size()) return;
    const Operand& operand = instruction_.operands[number];
    if (operand.kind == Operand::Kind::scalar || operand.kind == Operand::Kind::vector) {
      to.push_back({operand.kind == Operand::Kind::vector, operand.index, operand.count});
    }
  }
  void write(std::size_t number) { add(effects_.writes, number); }
  void read_from(std::size_t first) {
    for (std::size_t i = first; i < instruction_.operands.size(); ++i) add(effects_.reads, i);
  }
  void write_scalar(unsigned index, unsigned count) {
    effects_.writes.push_back({false, index, count});
  }
  void read_scalar_register(unsigned index, unsigned count) {
    effects_.reads.push_back({false, index, count});
  }
  // The target is a source as well, or keeps a part.
  void keep_target() { add(effects_.reads, 0); }

  void read_scalar() {
    if (name_.starts_with("s_load") || name_.starts_with("s_buffer_load") ||
        name_.starts_with("s_scratch_load")) {
      effects_.unit = Unit::scalar_memory;
      effects_.loads = true;
      write(0);
      read_from(1);
      return;
    }
    if (name_.starts_with("s_cbranch")) {
      effects_.reads_scc = contains(name_, "scc");
      if (contains(name_, "vcc")) read_scalar_register(ScalarRegister::kVcc, mask_words_);
      return;
    }
    constexpr std::array<std::string_view, 14> kControl{
        "s_waitcnt", "s_nop",    "s_barrier", "s_endpgm", "s_branch", "s_sleep",
        "s_setprio", "s_clause", "s_inst_",   "s_dcache", "s_icache", "s_set_gpr_idx_off",
        "s_trap",    "s_gl1"};
    constexpr std::array<std::string_view, 3> kAlsoControl{"s_incperf", "s_decperf", "s_delay"};
    if (starts_with_any(name_, kControl) || starts_with_any(name_, kAlsoControl)) return;
    effects_.unit = Unit::scalar;
    if (name_.starts_with("s_cmp") || name_.starts_with("s_bitcmp")) {
      read_from(0);
      effects_.writes_scc = true;
      return;
    }
    if (name_.starts_with("s_setreg") || name_ == "s_setpc_b64" || name_.ends_with("_mode")) {
      return read_from(0);
    }
    if (name_ == "s_set_gpr_idx_on") {
      read_from(0);
      write_scalar(ScalarRegister::kM0, 1);
      return;
    }
    write(0);
    read_from(1);
    constexpr std::array<std::string_view, 5> kInPlace{"s_addk", "s_mulk", "s_cmovk", "s_cmov",
                                                       "s_bitset"};
    if (starts_with_any(name_, kInPlace)) keep_target();
    if (contains(name_, "saveexec") || contains(name_, "wrexec")) {
      read_scalar_register(ScalarRegister::kExec, mask_words_);
      write_scalar(ScalarRegister::kExec, mask_words_);
    }
    constexpr std::array<std::string_view, 4> kReadsScc{"s_addc", "s_subb_", "s_cselect", "s_cmov"};
    effects_.reads_scc = starts_with_any(name_, kReadsScc);
    constexpr std::array<std::string_view, 17> kKeepsScc{
        "s_mem",    "s_mov",    "s_mul",    "s_bfm",   "s_pack",        "s_cselect",
        "s_cmov",   "s_brev",   "s_ff1",    "s_flbit", "s_sext",        "s_getpc",
        "s_swappc", "s_getreg", "s_bitset", "s_ff0",   "s_bitreplicate"};
    effects_.writes_scc = !starts_with_any(name_, kKeepsScc);
  }

  void read_vector() {
    effects_.unit = Unit::vector;
    if (name_ == "v_nop") return;
    if (name_.starts_with("v_mfma") || name_.starts_with("v_smfmac")) {
      effects_.unit = Unit::matrix;
      write(0);
      read_from(name_.starts_with("v_smfmac") ? 0 : 1);
      return;
    }
    if (name_.starts_with("v_cmp")) {
      const bool printed = instruction_.operands.size() == 3;
      read_from(printed ? 1 : 0);
      write_scalar(operation_.mask_target, mask_words_);
      if (name_.starts_with("v_cmpx")) write_scalar(ScalarRegister::kExec, mask_words_);
      return;
    }
    constexpr std::array<std::string_view, 6> kTranscendental{"v_rcp",  "v_rsq",  "v_sqrt",
                                                              "v_exp_", "v_log_", "v_sin"};
    effects_.transcendental = starts_with_any(name_, kTranscendental) || name_.starts_with("v_cos");
    write(0);
    const bool two_targets = contains(name_, "_co_") || name_.starts_with("v_div_scale") ||
                             name_.starts_with("v_mad_u64") || name_.starts_with("v_mad_i64");
    if (two_targets || name_ == "v_swap_b32") write(1);
    read_from(two_targets ? 2 : 1);
    if (name_.starts_with("v_div_fmas")) read_scalar_register(ScalarRegister::kVcc, mask_words_);
    const bool accumulates = name_.starts_with("v_fmac") || name_.starts_with("v_mac_") ||
                             name_.starts_with("v_pk_fmac") || name_ == "v_writelane_b32" ||
                             name_ == "v_swap_b32";
    if (accumulates || operation_.unused == Operation::Unused::preserve) keep_target();
  }

  void read_lds() {
    if (name_ == "ds_nop") return;
    effects_.unit = Unit::lds;
    effects_.exchange = contains(name_, "permute") || contains(name_, "swizzle");
    const bool reads = name_.starts_with("ds_read");
    const bool returns = contains(name_, "_rtn");
    effects_.loads = reads || returns || effects_.exchange;
    effects_.stores = !reads && !effects_.exchange;
    effects_.atomic = effects_.stores && !name_.starts_with("ds_write");
    if (effects_.loads) write(0);
    read_from(effects_.loads ? 1 : 0);
    if (contains(name_, "_d16")) keep_target();
  }

  void read_memory() {
    const bool flat = name_.starts_with("flat_");
    if (!flat && !name_.starts_with("global_") && !name_.starts_with("scratch_") &&
        !name_.starts_with("buffer_")) {
      return;
    }
    effects_.atomic = contains(name_, "_atomic");
    effects_.stores = effects_.atomic || contains(name_, "_store");
    const bool load = contains(name_, "_load");
    if (!effects_.stores && !load) return;  // what is about caches
    effects_.unit = flat ? Unit::flat : Unit::memory;
    effects_.to_lds = load && instruction_.modifier("lds") != nullptr;
    effects_.loads = load || (effects_.atomic && (operation_.flags & kReturns) != 0);
    const bool has_target = effects_.loads && !effects_.to_lds;
    if (has_target) write(0);
    read_from(has_target ? 1 : 0);
    if (effects_.to_lds) read_scalar_register(ScalarRegister::kM0, 1);
    if (load && contains(name_, "d16")) keep_target();
  }

  const Operation& operation_;
  const Instruction& instruction_;
  const std::string& name_;
  unsigned mask_words_;
  Effects effects_;
};

}  // namespace

Effects effects_of(const Operation& operation, unsigned wave_size) {
  return Reader(operation, wave_size).effects();
}

}  // namespace mlacheck::amd
