#include "harness/plugin/import_table.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/environment/foreign_code.hpp"
#include "harness/plugin/context_bridge.hpp"
#include "harness/plugin/subject_v1.hpp"
#include "harness/plugin/tensor_to_c.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// A larger count or a longer name is taken for memory that holds something else.
constexpr std::int32_t kMostEntries = 4096;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestDomain = 4000;

// Reads the fields of one table, and says in which one something is wrong.
class Reader {
 public:
  // The place grows with what has been read, so that each message can begin with it.
  explicit Reader(const mlacheck_table& table) {
    place_ = "table of op " + text(table.op, "op");
    place_ += " for " + text(table.backend, "backend");
  }

  [[noreturn]] void refuse(const std::string& field, const std::string& value,
                           const std::string& expected) const {
    throw std::invalid_argument(place_ + ": " + field + " is " + value + " where " + expected);
  }

  std::string text(const char* value, const char* field) const {
    if (value == nullptr || *value == '\0') {
      refuse(field, value == nullptr ? "null" : "empty", "a name is needed");
    }
    const std::string name(value, strnlen(value, kLongestName + 1));
    if (name.size() > kLongestName) {
      refuse(field, '\'' + excerpt(name) + '\'',
             "a name of at most " + std::to_string(kLongestName) + " bytes is needed");
    }
    return printable_line(name);
  }

  // A name that may be left out.
  std::string optional_text(const char* value, const char* field) const {
    return value == nullptr || *value == '\0' ? "" : text(value, field);
  }

  // What its terms mean is checked where the op is known.
  std::string domain(const char* value) const {
    const std::string terms(value, strnlen(value, kLongestDomain + 1));
    if (terms.size() > kLongestDomain) {
      refuse("subjects.domain", '\'' + excerpt(terms) + '\'',
             "terms of at most " + std::to_string(kLongestDomain) + " bytes are needed");
    }
    return printable_line(terms);
  }

  std::int32_t one_of(const std::string& field, std::int32_t value,
                      std::initializer_list<std::int32_t> known) const {
    if (std::find(known.begin(), known.end(), value) != known.end()) return value;
    std::string expected = "one of";
    for (const std::int32_t choice : known) expected += " " + std::to_string(choice);
    refuse(field, std::to_string(value), expected + " is needed");
  }

  void zero(const char* field, std::int32_t value) const {
    if (value != 0) refuse(field, std::to_string(value), "0 is needed: it is reserved");
  }

  std::int32_t digits(const std::string& field, std::int32_t value) const {
    if (value == 0) return 24;
    if (value >= 2 && value <= 53) return value;
    refuse(field, std::to_string(value), "0 or a number of bits from 2 to 53 is needed");
  }

 private:
  std::string place_ = "table of a plug-in";
};

Agreement agreement_of(const Reader& reader, std::int32_t value) {
  switch (reader.one_of("subjects.agreement", value,
                        {MLACHECK_BITWISE, MLACHECK_WITHIN_BOUND, MLACHECK_SELF_BITWISE})) {
    case MLACHECK_BITWISE:
      return Agreement::bitwise;
    case MLACHECK_WITHIN_BOUND:
      return Agreement::within_bound;
    default:
      return Agreement::self_bitwise;
  }
}

Conventions conventions_of(const Reader& reader, const mlacheck_conventions& c,
                           Agreement agreement) {
  Conventions result;
  if (reader.one_of("conventions.lse_base", c.lse_base, {0, 2}) == 2) {
    result.lse_base = Conventions::LseBase::two;
  }
  if (reader.one_of("conventions.lse_layout", c.lse_layout, {0, 1}) == 1) {
    result.lse_layout = Conventions::LseLayout::tokens_heads;
  }
  result.plus_infinity_is_empty =
      reader.one_of("conventions.plus_infinity", c.plus_infinity, {0, 1}) == 0;
  result.refuses_overlap = reader.one_of("conventions.overlap", c.overlap, {0, 1}) == 0;
  const std::int32_t zero_sign = reader.one_of("conventions.zero_sign", c.zero_sign, {0, 1, 2});
  result.zero_has_sign = zero_sign == 2 || (zero_sign == 0 && agreement == Agreement::bitwise);
  result.batch_invariant = reader.one_of("conventions.batch", c.batch, {0, 1}) == 0;
  return result;
}

Numerics numerics_of(const Reader& reader, const mlacheck_numerics& n) {
  Numerics result;
  result.accumulator_digits = reader.digits("numerics.accumulator_digits", n.accumulator_digits);
  result.probability_digits =
      n.probability_digits == -1
          ? Numerics::kOfElementType
          : reader.digits("numerics.probability_digits", n.probability_digits);
  const bool in_range = n.exp_error_ulps >= 0 && n.exp_error_ulps <= 1e6;  // false for NaN
  if (!in_range) {
    reader.refuse("numerics.exp_error_ulps", std::to_string(n.exp_error_ulps),
                  "0 or a number of units up to 1000000 is needed");
  }
  if (n.exp_error_ulps > 0) result.exp_error_ulps = n.exp_error_ulps;
  reader.zero("numerics.reserved", n.reserved);
  result.truncating_products =
      reader.one_of("numerics.truncating_products", n.truncating_products, {0, 1}) == 1;
  return result;
}

// The operands as the subject's conventions want them.
Tensor presented(Tensor tensor, const Conventions& conventions) {
  if (tensor.role == Role::lse && conventions.lse_layout == Conventions::LseLayout::tokens_heads) {
    std::swap(tensor.shape[0], tensor.shape[1]);
    std::swap(tensor.stride[0], tensor.stride[1]);
  }
  return tensor;
}

// The scope ends before the harness looks at anything.
mlacheck_status call_foreign(const mlacheck_subject& subject, const mlacheck_call& call,
                             ContextBridge& bridge) {
  const ForeignCode foreign;
  return subject.run(subject.self, &call, &bridge);
}

Status call_subject(const mlacheck_subject& subject, const Conventions& conventions,
                    DLDeviceType device, const Call& call, LaunchContext& context) {
  std::vector<Tensor> tensors;
  tensors.reserve(call.tensors().size());
  std::vector<mlacheck_operand> operands;
  for (const auto& [name, tensor] : call.tensors()) {
    tensors.push_back(presented(tensor, conventions));
    operands.push_back({name.c_str(), to_dlpack(tensors.back(), device), to_c(tensor.format), 0});
  }
  std::vector<mlacheck_integer> integers;
  for (const auto& [name, value] : call.integers()) integers.push_back({name.c_str(), value});
  std::vector<mlacheck_real> reals;
  for (const auto& [name, value] : call.reals()) reals.push_back({name.c_str(), value});
  const mlacheck_call c{static_cast<std::int32_t>(operands.size()),
                        static_cast<std::int32_t>(integers.size()),
                        static_cast<std::int32_t>(reals.size()),
                        0,
                        operands.data(),
                        integers.data(),
                        reals.data()};
  ContextBridge bridge(context, device);
  return bridge.status_of(call_foreign(subject, c, bridge));
}

std::string reason_of(const mlacheck_subject& subject) {
  const ForeignCode foreign;
  const char* const reason = subject.unavailable(subject.self);
  return reason == nullptr ? "" : printable_line(reason);
}

Subject import_subject(const Reader& reader, const mlacheck_subject& subject, DLDeviceType device,
                       const std::shared_ptr<const void>& owner) {
  Subject result;
  result.variant = reader.text(subject.variant, "subjects.variant");
  result.baseline = reader.optional_text(subject.baseline, "subjects.baseline");
  result.contract = reader.optional_text(subject.contract, "subjects.contract");
  reader.zero("subjects.reserved", subject.reserved);
  result.agreement = agreement_of(reader, subject.agreement);
  if (subject.domain != nullptr) result.domain = reader.domain(subject.domain);
  result.conventions = conventions_of(reader, subject.conventions, result.agreement);
  result.numerics = numerics_of(reader, subject.numerics);
  if (subject.run == nullptr) reader.refuse("subjects.run", "null", "a function is needed");
  const mlacheck_subject* const entry = &subject;
  result.run = [entry, owner, device, conventions = result.conventions](const Call& call,
                                                                        LaunchContext& context) {
    return call_subject(*entry, conventions, device, call, context);
  };
  if (subject.unavailable != nullptr) {
    result.unavailable = [entry, owner] { return reason_of(*entry); };
  }
  return result;
}

// Entry i of a table's subjects. Those of an older version are translated, and kept: they are called
// through the translation for as long as the program runs.
const mlacheck_subject& subject_at(const mlacheck_table& table, std::int32_t i,
                                   std::uint32_t version) {
  if (version != 1) return table.subjects[i];
  static std::deque<mlacheck_subject> translated;
  const auto* const subjects = reinterpret_cast<const v1::Subject*>(table.subjects);
  return translated.emplace_back(v1::upgraded(subjects[i]));
}

}  // namespace

SubjectTable import_table(const mlacheck_table& table, const std::shared_ptr<const void>& owner,
                          std::uint32_t version) {
  const Reader reader(table);
  SubjectTable result;
  result.op = reader.text(table.op, "op");
  result.backend = reader.text(table.backend, "backend");
  const auto count = [&](const char* field, std::int32_t value, const void* array) {
    if (value < 0 || value > kMostEntries) {
      reader.refuse(field, std::to_string(value),
                    "a count of at most " + std::to_string(kMostEntries) + " is needed");
    }
    if (value > 0 && array == nullptr) reader.refuse(field, "without an array", "one is needed");
  };
  count("tile_count", table.tile_count, table.tiles);
  count("subject_count", table.subject_count, table.subjects);
  if (table.subject_count == 0) reader.refuse("subject_count", "0", "at least 1 is needed");
  for (std::int32_t i = 0; i < table.tile_count; ++i) {
    const mlacheck_tile& tile = table.tiles[i];
    if (tile.extent <= 0) {
      reader.refuse("tiles.extent", std::to_string(tile.extent), "a positive number is needed");
    }
    result.tiles.push_back({reader.text(tile.axis, "tiles.axis"), tile.extent});
  }
  const DLDeviceType device = device_type_of(result.backend);
  for (std::int32_t i = 0; i < table.subject_count; ++i) {
    result.subjects.push_back(import_subject(reader, subject_at(table, i, version), device, owner));
  }
  return result;
}

}  // namespace mlacheck
