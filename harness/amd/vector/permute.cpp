#include "harness/amd/vector/permute.hpp"

#include <array>
#include <memory>
#include <string_view>

#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {
namespace {

constexpr int kRow = 16;

void run_permuted(Wave& wave, const Operation& operation) {
  const Permutation& permutation = *operation.permutation;
  const u64 exec = wave.exec();
  const int lanes = wave.wave64 ? 64 : 32;
  u64 valid = 0;
  for (int lane = 0; lane < lanes; ++lane) {
    const int from = permutation.from.at(static_cast<std::size_t>(lane));
    const bool readable =
        from >= 0 && from < lanes && (permutation.fetch_inactive || ((exec >> from) & 1U) != 0);
    for (unsigned word = 0; word < permutation.words; ++word) {
      wave.permuted.at(word).at(static_cast<std::size_t>(lane)) =
          readable ? wave.vector.at(permutation.index + word).at(static_cast<std::size_t>(from))
                   : 0;
    }
    if (readable || permutation.zero) valid |= u64{1} << lane;
  }
  const u64 narrowed = exec & valid & permutation.writable;
  wave.scalar[ScalarRegister::kExec] = low_word(narrowed);
  wave.scalar[ScalarRegister::kExec + 1] = high_word(narrowed);
  operation.inner(wave, operation);
  wave.scalar[ScalarRegister::kExec] = low_word(exec);
  wave.scalar[ScalarRegister::kExec + 1] = high_word(exec);
}

// A lane within its row, or none.
int in_row(int lane, int position) {
  return position >= 0 && position < kRow ? lane / kRow * kRow + position : -1;
}

int broadcast(int lane, int from) {
  if (from == 15) return lane >= kRow ? lane / kRow * kRow - 1 : -1;
  return lane >= 32 ? 31 : -1;
}

struct Control {
  std::string_view name;
  int (*from)(int lane, int n);
};
constexpr auto kControls = std::to_array<Control>({
    {"row_shl", [](int lane, int n) { return in_row(lane, lane % kRow + n); }},
    {"row_shr", [](int lane, int n) { return in_row(lane, lane % kRow - n); }},
    {"row_ror", [](int lane, int n) { return in_row(lane, (lane - n + kRow) % kRow); }},
    {"row_mirror", [](int lane, int) { return in_row(lane, kRow - 1 - lane % kRow); }},
    {"row_half_mirror", [](int lane, int) { return lane / 8 * 8 + 7 - lane % 8; }},
    {"row_newbcast", [](int lane, int n) { return in_row(lane, n); }},
    {"row_share", [](int lane, int n) { return in_row(lane, n); }},
    {"row_xmask", [](int lane, int n) { return in_row(lane, (lane % kRow) ^ n); }},
    {"row_bcast", &broadcast},
    {"wave_shl", [](int lane, int n) { return lane + n < 64 ? lane + n : -1; }},
    {"wave_shr", [](int lane, int n) { return lane - n; }},
    {"wave_rol", [](int lane, int n) { return (lane + n) % 64; }},
    {"wave_ror", [](int lane, int n) { return (lane - n + 64) % 64; }},
});

void set_lanes(const Binding& binding, Permutation& permutation) {
  const Instruction& instruction = binding.instruction;
  const auto each = [&permutation](auto from) {
    for (int lane = 0; lane < 64; ++lane) {
      permutation.from.at(static_cast<std::size_t>(lane)) = static_cast<std::int16_t>(from(lane));
    }
  };
  if (const Modifier* const quad = instruction.modifier("quad_perm")) {
    return each([&](int lane) {
      return lane / 4 * 4 + static_cast<int>(quad->numbers.at(static_cast<std::size_t>(lane % 4)));
    });
  }
  if (const Modifier* const eight = instruction.modifier("dpp8")) {
    return each([&](int lane) {
      return lane / 8 * 8 + static_cast<int>(eight->numbers.at(static_cast<std::size_t>(lane % 8)));
    });
  }
  for (const Control& control : kControls) {
    const Modifier* const modifier = instruction.modifier(control.name);
    if (modifier == nullptr) continue;
    const int n = modifier->numbers.empty() ? 0 : static_cast<int>(modifier->numbers[0]);
    return each([&](int lane) { return control.from(lane, n); });
  }
  throw Unknown{"it has no DPP control that is understood"};
}

}  // namespace

void bind_permutation(const Binding& binding) {
  expect_modifiers(binding, {"quad_perm",
                             "dpp8",
                             "row_shl",
                             "row_shr",
                             "row_ror",
                             "row_mirror",
                             "row_half_mirror",
                             "row_newbcast",
                             "row_share",
                             "row_xmask",
                             "row_bcast",
                             "wave_shl",
                             "wave_shr",
                             "wave_rol",
                             "wave_ror",
                             "row_mask",
                             "bank_mask",
                             "bound_ctrl",
                             "fi",
                             "clamp",
                             "mul",
                             "div"});
  Operation& operation = binding.operation;
  Source& source = operation.source[0];
  if (source.kind != Source::Kind::vector) throw Unknown{"DPP of what is no vector register"};
  Permutation permutation;
  permutation.index = source.index;
  permutation.words = static_cast<u8>(words_of(source.type));
  permutation.zero = binding.instruction.modifier("bound_ctrl") != nullptr;
  permutation.fetch_inactive = binding.instruction.number("fi") == 1;
  const i64 rows = binding.instruction.number("row_mask", 0xf);
  const i64 banks = binding.instruction.number("bank_mask", 0xf);
  for (int lane = 0; lane < 64; ++lane) {
    const bool writable =
        ((rows >> (lane / kRow)) & 1) != 0 && ((banks >> (lane % kRow / 4)) & 1) != 0;
    if (!writable) permutation.writable &= ~(u64{1} << lane);
  }
  set_lanes(binding, permutation);
  source.kind = Source::Kind::permuted;
  operation.permutation = std::make_shared<const Permutation>(permutation);
  operation.inner = operation.run;
  operation.run = &run_permuted;
}

}  // namespace mlacheck::amd
