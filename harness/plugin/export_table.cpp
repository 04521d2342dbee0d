#include "harness/plugin/export_table.hpp"

#include <exception>
#include <utility>

#include "harness/plugin/tensor_to_c.hpp"

namespace mlacheck {

// What `self` of a subject points to.
struct ExportedTable::Entry {
  Subject subject;
  std::string reason;  // what `unavailable` returned last

  static mlacheck_status run(void* self, const mlacheck_call* call, mlacheck_context* context);
  static const char* unavailable(void* self);
};

namespace {

// The context of the C interface as our host routines see it.
class ForeignContext final : public LaunchContext {
 public:
  explicit ForeignContext(mlacheck_context& context) : context_(&context) {}

  using LaunchContext::allocate;
  Tensor allocate(std::string_view name, DType dtype,
                  std::span<const std::int64_t> shape) override {
    DLTensor tensor{};
    const std::string text(name);
    if (context_->allocate(context_, text.c_str(), to_dlpack(dtype),
                           static_cast<std::int32_t>(shape.size()), shape.data(), &tensor) != 0) {
      return dense_tensor(nullptr, dtype, shape);
    }
    return from_dlpack(tensor);
  }
  void release(const Tensor& scratch) override { context_->release(context_, scratch.data); }
  void* stream() const override { return context_->stream; }
  Status record(const LaunchRecord& launch) override {
    const mlacheck_launch record{launch.kernel,
                                 {launch.grid.x, launch.grid.y, launch.grid.z},
                                 {launch.block.x, launch.block.y, launch.block.z},
                                 launch.dynamic_shared_bytes};
    if (context_->record_launch(context_, &record) == 0) return {};
    return {StatusCode::launch_failed, "kernel " + std::string(launch.kernel) + ": refused"};
  }
  void record_traffic(Traffic traffic, std::uint64_t bytes) override {
    context_->record_traffic(context_, traffic == Traffic::fill ? MLACHECK_FILL : MLACHECK_COPY,
                             bytes);
  }
  void record_synchronization() override { context_->record_synchronization(context_); }
  unsigned long long* receipt_counter() const override { return context_->receipt_counter; }

 private:
  mlacheck_context* context_;
};

Call call_of(const mlacheck_call& call) {
  Call result;
  for (std::int32_t i = 0; i < call.operand_count; ++i) {
    Tensor tensor = from_dlpack(call.operands[i].tensor);
    tensor.format = format_from_c(call.operands[i].format);
    result.set_tensor(call.operands[i].name, tensor);
  }
  for (std::int32_t i = 0; i < call.integer_count; ++i) {
    result.set_integer(call.integers[i].name, call.integers[i].value);
  }
  for (std::int32_t i = 0; i < call.real_count; ++i) {
    result.set_real(call.reals[i].name, call.reals[i].value);
  }
  return result;
}

mlacheck_status status_of(StatusCode code) {
  switch (code) {
    case StatusCode::ok:
      return MLACHECK_OK;
    case StatusCode::invalid_argument:
      return MLACHECK_INVALID_ARGUMENT;
    case StatusCode::unsupported:
      return MLACHECK_UNSUPPORTED;
    case StatusCode::out_of_memory:
      return MLACHECK_OUT_OF_MEMORY;
    case StatusCode::compile_failed:
      return MLACHECK_COMPILE_FAILED;
    case StatusCode::launch_failed:
      break;
  }
  return MLACHECK_LAUNCH_FAILED;
}

std::int32_t to_c(Agreement agreement) {
  switch (agreement) {
    case Agreement::bitwise:
      return MLACHECK_BITWISE;
    case Agreement::within_bound:
      return MLACHECK_WITHIN_BOUND;
    case Agreement::self_bitwise:
      break;
  }
  return MLACHECK_SELF_BITWISE;
}

mlacheck_conventions to_c(const Conventions& conventions) {
  mlacheck_conventions result{};
  result.lse_base = conventions.lse_base == Conventions::LseBase::two ? 2 : 0;
  result.lse_layout = conventions.lse_layout == Conventions::LseLayout::tokens_heads ? 1 : 0;
  result.plus_infinity = conventions.plus_infinity_is_empty ? 0 : 1;
  result.overlap = conventions.refuses_overlap ? 0 : 1;
  result.zero_sign = conventions.zero_has_sign ? 2 : 1;
  result.batch = conventions.batch_invariant ? 0 : 1;
  return result;
}

mlacheck_numerics to_c(const Numerics& numerics) {
  mlacheck_numerics result{};
  result.accumulator_digits = numerics.accumulator_digits;
  result.probability_digits = numerics.probability_digits;
  result.exp_error_ulps = numerics.exp_error_ulps;
  result.truncating_products = numerics.truncating_products ? 1 : 0;
  result.operand_digits = numerics.operand_digits;
  result.product_digits = numerics.product_digits;
  result.scale_rule = static_cast<std::int32_t>(numerics.scale_rule);
  result.exp_error_absolute = numerics.exp_error_absolute;
  result.log_error_absolute = numerics.log_error_absolute;
  result.division_error_ulps = numerics.division_error_ulps;
  result.scale_error_ulps = numerics.scale_error_ulps;
  result.nan_codes = numerics.any_nan_code ? 1 : 0;
  return result;
}

}  // namespace

// An exception passes through: the harness catches it on the other side and names the subject.
mlacheck_status ExportedTable::Entry::run(void* self, const mlacheck_call* call,
                                          mlacheck_context* context) {
  ForeignContext foreign(*context);
  const Status status = static_cast<const Entry*>(self)->subject.run(call_of(*call), foreign);
  if (!status.ok()) context->set_error(context, status.message().c_str());
  return status_of(status.code());
}

const char* ExportedTable::Entry::unavailable(void* self) {
  auto* entry = static_cast<Entry*>(self);
  entry->reason = entry->subject.unavailable();
  return entry->reason.empty() ? nullptr : entry->reason.c_str();
}

ExportedTable::ExportedTable(SubjectTable table) : source_(std::move(table)) {
  for (const Tile& tile : source_.tiles) tiles_.push_back({tile.axis.c_str(), tile.extent});
  for (const Subject& subject : source_.subjects) {
    Entry& entry = *entries_.emplace_back(std::make_unique<Entry>(Entry{subject, {}}));
    mlacheck_subject exported{};
    exported.variant = entry.subject.variant.c_str();
    exported.baseline = entry.subject.baseline.empty() ? nullptr : entry.subject.baseline.c_str();
    exported.contract = entry.subject.contract.empty() ? nullptr : entry.subject.contract.c_str();
    exported.agreement = to_c(subject.agreement);
    exported.conventions = to_c(subject.conventions);
    exported.numerics = to_c(subject.numerics);
    exported.self = &entry;
    exported.run = &Entry::run;
    exported.unavailable = subject.unavailable ? &Entry::unavailable : nullptr;
    exported.domain = entry.subject.domain.empty() ? nullptr : entry.subject.domain.c_str();
    subjects_.push_back(exported);
  }
  table_.op = source_.op.c_str();
  table_.backend = source_.backend.c_str();
  table_.tile_count = static_cast<std::int32_t>(tiles_.size());
  table_.tiles = tiles_.data();
  table_.subject_count = static_cast<std::int32_t>(subjects_.size());
  table_.subjects = subjects_.data();
}

ExportedTable::~ExportedTable() = default;

}  // namespace mlacheck
