// K18 for flatten_quant: see oracle_audit.hpp. Every answer is exact, so that each code and each
// scale has to agree bit for bit; what fp32 rounds by the contract is rounded once from 113 bits.
#include <bit>
#include <set>

#include "harness/subjects/bundled_cases.hpp"
#include "properties/flatten_quant/model.hpp"
#include "reference/flatten_quant/oracle.hpp"
#include "tests/support/oracle_audit_formats.hpp"

namespace mlacheck::oracle_audit {
namespace {

// An element as fp32; the bits of a NaN count.
struct Element {
  float value;
  std::uint32_t payload;

  Element(DType dtype, std::uint32_t bits)
      : value(static_cast<float>(decode(dtype, bits))),
        payload((bits << (24 - digits_of(dtype))) % (1U << 23)) {
    const bool negative = (bits >> (8 * size_of(dtype) - 1)) % 2 == 1;
    if (is_nan()) value = std::copysign(std::nanf(""), negative ? -1.0F : 1.0F);
  }
  bool is_nan() const { return std::isnan(value); }
};

using Group = std::vector<Element>;

double largest_of(const Group& group) {
  double largest = 0;
  for (const Element& e : group) {
    if (!e.is_nan()) largest = std::max(largest, std::fabs(static_cast<double>(e.value)));
  }
  return largest;
}

// The byte of a block, by the table of the contract.
int block_byte(const Group& group, std::int64_t special) {
  const auto nan =
      std::find_if(group.begin(), group.end(), [](const Element& e) { return e.is_nan(); });
  if (nan != group.end() && special == 3) return 255;
  if (nan != group.end() && special == 1) return nan->payload >= 0x600000 ? 0 : 254;
  const double largest = largest_of(group);
  if (std::isinf(largest) || largest >= 0x1.cp127)
    return special == 2 ? 253 : special == 3 ? 255 : 254;
  return mx_byte(largest);
}

int block_code(const Element& e, int byte) {
  if (byte == 255) return 0;
  if (!e.is_nan()) return mx_code(static_cast<double>(e.value), byte);
  const int code = 2 + static_cast<int>(nearest_multiple(ldexp(Quad(e.payload), -22), 0));
  return (std::signbit(e.value) ? 8 : 0) + code;
}

// The same scale and code by fp32 instructions alone.
struct InFloat {
  float scale;
  float inverse;

  InFloat(const Group& group, float maximum)
      : scale(std::max(static_cast<float>(largest_of(group)), 1e-10F) / maximum),
        inverse(1.0F / scale) {}

  double scaled(const Element& e, float maximum, bool keeps_nan) const {
    const float product = e.value * inverse;
    if (std::isnan(product)) return keeps_nan ? std::nan("") : static_cast<double>(-maximum);
    return static_cast<double>(std::clamp(product, -maximum, maximum));
  }
};

struct Flattened {
  std::vector<Element> x;
  std::int64_t heads;
  std::int64_t columns;
  std::int64_t size;  // of a group
  std::int64_t form;
  std::int64_t special;
  double maximum;
  bool keeps_nan;
  E4m3 format;

  explicit Flattened(const Problem& problem)
      : heads(problem.operand("x").layout.shape[1]),
        columns(problem.operand("x").layout.shape[2]),
        size(problem.integer("group")),
        form(problem.integer("form")),
        special(problem.integer("special_block")),
        maximum(static_cast<double>(problem.integer("maximum"))),
        keeps_nan(problem.integer("clamp_keeps_nan") != 0),
        format{problem.integer("format") != 0} {
    const Operand& operand = problem.operand("x");
    for (const std::uint32_t bits : operand.bits) x.emplace_back(operand.dtype, bits);
  }

  std::int64_t groups() const { return (columns + size - 1) / size; }

  // Group `g` of a line (token and head), the last one possibly short.
  Group group(std::int64_t line, std::int64_t g) const {
    const auto first = x.begin() + line * columns + g * size;
    return {first, first + std::min(size, columns - g * size)};
  }

  int fp8_code(double scaled) const {
    return std::isnan(scaled) ? format.nan() : format.code_of(scaled);
  }

  // Code of the element in that column of the row [H V] of a token, and what fp32 makes of it.
  std::pair<int, int> code(std::int64_t token, std::int64_t column) const {
    const std::int64_t line = token * heads + column / columns;
    const Group members = group(line, column % columns / size);
    const Element& e = x[at(line * columns + column % columns)];
    if (form == 0) {
      const int byte = block_byte(members, special);
      // A product with a power of two is exact in fp32 as well, or its code is 0.
      const float quotient = std::ldexp(std::fabs(e.value), 127 - byte);
      const int in_float = e.is_nan() || byte == 255 ? block_code(e, byte)
                                                     : e2m1_code(Quad(std::min(quotient, 8.0F))) +
                                                           (std::signbit(e.value) ? 8 : 0);
      return {block_code(e, byte), in_float};
    }
    const Fp8Scale exact(largest_of(members), maximum, false);
    const auto top = static_cast<float>(maximum);
    return {fp8_code(fp8_scaled(static_cast<double>(e.value), exact.inverse, maximum, keeps_nan)),
            fp8_code(InFloat(members, top).scaled(e, top, keeps_nan))};
  }

  Answer of_codes(std::int64_t token, std::int64_t column) const {
    if (form != 0) return integers(code(token, column));
    const auto low = code(token, 2 * column);
    const auto high = code(token, 2 * column + 1);
    return integers({low.first + 16 * high.first, low.second + 16 * high.second});
  }

  Answer of_scales(std::int64_t token, std::int64_t column) const {
    const Group members = group(token * heads + column / groups(), column % groups());
    if (form == 0) {
      const int byte = block_byte(members, special);
      return integers({byte, byte});
    }
    Answer answer;
    answer.bitwise = true;
    answer.exact = Fp8Scale(largest_of(members), maximum, false).scale;
    answer.in_float = static_cast<double>(InFloat(members, static_cast<float>(maximum)).scale);
    return answer;
  }

 private:
  static Answer integers(std::pair<int, int> both) {
    Answer answer;
    answer.bitwise = true;
    answer.exact = both.first;
    answer.in_float = both.second;
    return answer;
  }
};

Reference second_reference(const Problem& problem) {
  const Flattened flat(problem);
  return [flat](const Problem&, const Operand& output, std::int64_t index) {
    const std::int64_t width = output.layout.shape[1];
    return output.name == "codes" ? flat.of_codes(index / width, index % width)
                                  : flat.of_scales(index / width, index % width);
  };
}

TEST(OracleAudit, FlattenQuant) {
  audit(flatten_quant::model(), flatten_quant::oracle(), "strided", {{"V", 32}, {"T", 4}},
        &second_reference);
}

TEST(OracleAudit, FlattenQuantRequiredCases) {
  audit_required(flatten_quant::model(), flatten_quant::oracle(), "strided", &second_reference);
}

// What the two tests above are worth: each form, each answer to special blocks and both formats.
TEST(OracleAudit, FlattenQuantMeetsEveryForm) {
  std::set<std::string> met;
  for (const Case& c : required_cases("flatten_quant")) {
    if (!is_small(flatten_quant::model(), c, "strided")) continue;
    const bool mxfp4 = c.choice("form") == "mxfp4";
    met.insert(c.choice("form") + " " + c.choice(mxfp4 ? "special_block" : "format"));
  }
  EXPECT_EQ(met.size(), 8U) << "4 answers of MXFP4, 2 formats in 2 layouts";
}

}  // namespace
}  // namespace mlacheck::oracle_audit
