#include "harness/plugin/import_table.hpp"

#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/environment/foreign_code.hpp"
#include "harness/plugin/context_bridge.hpp"
#include "harness/plugin/promises.hpp"
#include "harness/plugin/subject_v1.hpp"
#include "harness/plugin/table_reader.hpp"
#include "harness/plugin/tensor_to_c.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

// A larger count is taken for memory that holds something else.
constexpr std::int32_t kMostEntries = 4096;

// The operands as the subject's conventions want them.
Tensor presented(Tensor tensor, const Conventions& conventions) {
  if (tensor.role == Role::lse && conventions.lse_layout == Conventions::LseLayout::tokens_heads) {
    std::swap(tensor.shape[0], tensor.shape[1]);
    std::swap(tensor.stride[0], tensor.stride[1]);
  }
  return tensor;
}

// A function of its own: the scope ends before the harness looks at what the call left.
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

Subject import_subject(const TableReader& reader, const mlacheck_subject& subject,
                       DLDeviceType device, const std::shared_ptr<const void>& owner) {
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
  const TableReader reader(table);
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
