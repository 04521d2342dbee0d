#include "harness/amd/decode/gfx950.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "harness/amd/decode/instruction.hpp"
#include "harness/amd/decode/register_names.hpp"

// The encodings VOP1, VOP3 and VOP3P are those of AMD's "CDNA3 Instruction Set Architecture"; the opcodes
// were read off code that LLVM assembled for gfx950.

namespace mlacheck::amd {
namespace {

u32 bits(u32 word, unsigned first, unsigned count) { return word >> first & ((1U << count) - 1U); }

std::string vectors(u32 first, u32 count, bool accumulation = false) {
  return name_of_words(true, accumulation ? first + 256 : first, count);
}

std::string_view inline_float(u32 code) {
  constexpr std::array<std::string_view, 9> values{"0.5",  "-0.5", "1.0",  "-1.0",      "2.0",
                                                   "-2.0", "4.0",  "-4.0", "0.15915494"};
  return code >= 240 && code <= 248 ? values.at(code - 240) : std::string_view();
}

// A source of nine bits; empty for what no instruction here takes, such as a literal.
std::string source(u32 code, u32 words = 1, bool accumulation = false) {
  if (code >= 256) return vectors(code - 256, words, accumulation);
  if (code < ScalarRegister::kFlatScratch) return name_of_words(false, code, words);
  if (code >= 128 && code <= 192) return std::to_string(code - 128);
  if (code >= 193 && code <= 208) return std::to_string(192 - static_cast<i32>(code));
  if (code < 128 && words == 1) return std::string(special_name(code));
  return std::string(inline_float(code));
}

struct Named {
  u32 opcode;
  std::string_view name;
};

template <std::size_t N>
std::string_view name_of(const std::array<Named, N>& names, u32 opcode) {
  const auto found = std::ranges::find(names, opcode, &Named::opcode);
  return found == names.end() ? std::string_view() : found->name;
}

std::optional<Disassembler::Line> vop1(u32 word) {
  constexpr std::array<Named, 3> names{{{0x59, "v_permlane16_swap_b32_e32"},
                                        {0x5a, "v_permlane32_swap_b32_e32"},
                                        {0x5b, "v_cvt_f32_bf16_e32"}}};
  const std::string_view name = name_of(names, bits(word, 9, 8));
  const std::string from = source(bits(word, 0, 9));
  if (name.empty() || from.empty()) return std::nullopt;
  return Disassembler::Line{std::string(name) + " " + vectors(bits(word, 17, 8), 1) + ", " + from,
                            4};
}

// "[1,0,0,1]"
std::string list_of(u32 flags, unsigned count) {
  std::string text = "[";
  for (unsigned i = 0; i < count; ++i) {
    text += i == 0 ? "" : ",";
    text += (flags >> i & 1U) != 0 ? '1' : '0';
  }
  return text + "]";
}

// The fields of signs and of the output modifier hold a truth table.
std::optional<Disassembler::Line> bitop3(std::string_view name, u32 word, u32 second) {
  const u32 table = bits(second, 29, 3) | bits(word, 8, 3) << 3 | bits(second, 27, 2) << 6;
  std::string text = std::string(name) + " " + vectors(bits(word, 0, 8), 1);
  for (unsigned i = 0; i < 3; ++i) {
    const std::string from = source(bits(second, 9 * i, 9));
    if (from.empty()) return std::nullopt;
    text += ", " + from;
  }
  text += " bitop3:" + hexadecimal(table);
  if (bits(word, 11, 4) != 0) text += " op_sel:" + list_of(bits(word, 11, 4), 4);
  return Disassembler::Line{text, 8};
}

std::string with_signs(const std::string& operand, bool negated, bool absolute) {
  std::string text(negated ? "-" : "");
  text += absolute ? "|" : "";
  text += operand;
  text += absolute ? "|" : "";
  return text;
}

std::optional<Disassembler::Line> vop3(u32 word, u32 second) {
  struct Known {
    u32 opcode;
    std::string_view name;
    unsigned sources;
  };
  constexpr std::array<Known, 5> known{{{0x251, "v_cvt_scalef32_pk_bf16_fp4", 2},
                                        {0x267, "v_cvt_pk_f16_f32", 2},
                                        {0x268, "v_cvt_pk_bf16_f32", 2},
                                        {0x2a8, "v_minimum3_f32", 3},
                                        {0x2a9, "v_maximum3_f32", 3}}};
  const u32 opcode = bits(word, 16, 10);
  if (opcode == 0x233) return bitop3("v_bitop3_b16", word, second);
  if (opcode == 0x234) return bitop3("v_bitop3_b32", word, second);
  const auto* const found = std::ranges::find(known, opcode, &Known::opcode);
  // Clamp and output modifiers: none of these has been met.
  if (found == known.end() || bits(word, 13, 3) != 0 || bits(second, 27, 2) != 0)
    return std::nullopt;
  std::string text = std::string(found->name) + " " + vectors(bits(word, 0, 8), 1);
  for (unsigned i = 0; i < found->sources; ++i) {
    const std::string from = source(bits(second, 9 * i, 9));
    if (from.empty()) return std::nullopt;
    text += ", " + with_signs(from, bits(second, 29 + i, 1) != 0, bits(word, 8 + i, 1) != 0);
  }
  if (bits(word, 11, 2) != 0) text += " op_sel:" + list_of(bits(word, 11, 2), 3);
  return Disassembler::Line{text, 8};
}

// Registers of an operand of 32 elements in the format that cbsz or blgp names: fp8, bf8, fp6, bf6, fp4.
u32 words_of_format(u32 format) {
  constexpr std::array<u32, 5> words{8, 8, 6, 6, 4};
  return format < words.size() ? words.at(format) : 0;
}

struct Product {
  u32 opcode;
  std::string_view name;  ///< without "v_mfma_"
  u32 results;            ///< registers of C and D
  u32 words;              ///< of A and of B; 0 where the instruction says which format they have
};
constexpr std::array<Product, 6> kProducts{{{0x2d, "f32_16x16x128_f8f6f4", 4, 0},
                                            {0x2e, "f32_32x32x64_f8f6f4", 16, 0},
                                            {0x35, "f32_16x16x32_bf16", 4, 4},
                                            {0x37, "f32_32x32x16_bf16", 16, 4},
                                            {0x54, "f32_16x16x32_f16", 4, 4},
                                            {0x55, "f32_32x32x16_f16", 16, 4}}};

bool is_product(u32 word) { return bits(word, 23, 9) == 0x1a7; }

// The operands as text, and the modifiers of the product itself. `scales` are two operands and their byte
// selections, if the product takes them.
std::optional<std::string> product(u32 word, u32 second, const std::string& scales) {
  const auto* const found = std::ranges::find(kProducts, bits(word, 16, 7), &Product::opcode);
  if (found == kProducts.end()) return std::nullopt;
  const bool chooses = found->words == 0;
  const bool accumulates = bits(word, 15, 1) != 0;  // C and D are accumulation registers
  const u32 a_format = bits(word, 8, 3);
  const u32 b_format = bits(second, 29, 3);
  const u32 a_words = chooses ? words_of_format(a_format) : found->words;
  const u32 b_words = chooses ? words_of_format(b_format) : found->words;
  const std::string c = source(bits(second, 18, 9), found->results, accumulates);
  if (a_words == 0 || b_words == 0 || c.empty()) return std::nullopt;
  std::string text = (scales.empty() ? "v_mfma_" : "v_mfma_scale_") + std::string(found->name) +
                     " " + vectors(bits(word, 0, 8), found->results, accumulates) + ", " +
                     source(bits(second, 0, 9), a_words, bits(second, 27, 1) != 0) + ", " +
                     source(bits(second, 9, 9), b_words, bits(second, 28, 1) != 0) + ", " + c +
                     scales;
  if (a_format != 0) text += " cbsz:" + std::to_string(a_format);
  if (b_format != 0) text += " blgp:" + std::to_string(b_format);
  return text;
}

// A product with scales is two instructions of eight bytes, of which the first has the scales.
std::optional<Disassembler::Line> scaled_product(std::span<const u32, 4> word) {
  if (!is_product(word[2])) return std::nullopt;
  const std::string a = source(bits(word[1], 0, 9));
  const std::string b = source(bits(word[1], 9, 9));
  if (a.empty() || b.empty()) return std::nullopt;
  const std::string scales = ", " + a + ", " + b + " op_sel:" + list_of(bits(word[0], 11, 2), 3) +
                             " op_sel_hi:" + list_of(bits(word[1], 27, 2), 3);
  const auto text = product(word[2], word[3], scales);
  if (!text) return std::nullopt;
  return Disassembler::Line{*text, 16};
}

std::optional<Disassembler::Line> lds_read(u32 word, u32 second) {
  constexpr std::array<Named, 3> names{
      {{0xe0, "ds_read_b64_tr_b4"}, {0xe2, "ds_read_b64_tr_b8"}, {0xe3, "ds_read_b64_tr_b16"}}};
  const std::string_view name = name_of(names, bits(word, 17, 8));
  if (name.empty()) return std::nullopt;
  std::string text = std::string(name) + " " +
                     vectors(bits(second, 24, 8), 2, bits(word, 25, 1) != 0) + ", " +
                     vectors(bits(second, 0, 8), 1);
  if (bits(word, 0, 16) != 0) text += " offset:" + std::to_string(bits(word, 0, 16));
  return Disassembler::Line{text, 8};
}

// Loads of three and of four dwords to LDS; cache policies have not been met.
std::optional<Disassembler::Line> load_to_lds(u32 word, u32 second) {
  constexpr std::array<Named, 2> names{
      {{0x16, "buffer_load_dwordx3"}, {0x17, "buffer_load_dwordx4"}}};
  const std::string_view name = name_of(names, bits(word, 18, 7));
  const bool to_lds = bits(word, 16, 1) != 0;
  const bool policy = bits(word, 14, 2) != 0 || bits(word, 17, 1) != 0;
  const bool offen = bits(word, 12, 1) != 0;
  const bool idxen = bits(word, 13, 1) != 0;
  const std::string offset = source(bits(second, 24, 8));
  if (name.empty() || !to_lds || policy || offset.empty()) return std::nullopt;
  std::string text(name);
  text += " ";
  text += offen || idxen ? vectors(bits(second, 0, 8), offen && idxen ? 2 : 1) : "off";
  text += ", " + name_of_words(false, 4 * bits(second, 16, 5), 4) + ", " + offset;
  if (idxen) text += " idxen";
  if (offen) text += " offen";
  if (bits(word, 0, 12) != 0) text += " offset:" + std::to_string(bits(word, 0, 12));
  return Disassembler::Line{text + " lds", 8};
}

}  // namespace

std::optional<Disassembler::Line> gfx950_line(std::span<const u8> code) {
  std::array<u32, 4> word{};
  for (std::size_t i = 0; i < std::min<std::size_t>(code.size(), 16); ++i)
    word.at(i / 4) |= u32{code[i]} << (8 * (i % 4));
  if (bits(word[0], 25, 7) == 0x3f) return vop1(word[0]);
  if (is_product(word[0])) {
    constexpr u32 kLoadScales = 0x2c;
    if (bits(word[0], 16, 7) == kLoadScales) return scaled_product(word);
    const auto text = product(word[0], word[1], "");
    if (!text) return std::nullopt;
    return Disassembler::Line{*text, 8};
  }
  if (bits(word[0], 26, 6) == 0x36) return lds_read(word[0], word[1]);
  if (bits(word[0], 26, 6) == 0x34) return vop3(word[0], word[1]);
  if (bits(word[0], 26, 6) == 0x38) return load_to_lds(word[0], word[1]);
  return std::nullopt;
}

}  // namespace mlacheck::amd
