#include <cstddef>
#include <string>

#include "harness/python/worker_entry.h"

namespace mlacheck {
namespace {

std::string line(const char* name, std::size_t number) {
  return std::string(name) + ' ' + std::to_string(number) + '\n';
}

}  // namespace
}  // namespace mlacheck

// The names in the text are those in the source.
#define MLACHECK_SIZE(type) text += mlacheck::line(#type, sizeof(type))
#define MLACHECK_AT(type, member) text += mlacheck::line(#type "." #member, offsetof(type, member))

const char* mlacheck_layout(void) {
  static std::string text;
  text.clear();
  MLACHECK_SIZE(DLTensor);
  MLACHECK_AT(DLTensor, data);
  MLACHECK_AT(DLTensor, device);
  MLACHECK_AT(DLTensor, ndim);
  MLACHECK_AT(DLTensor, dtype);
  MLACHECK_AT(DLTensor, shape);
  MLACHECK_AT(DLTensor, strides);
  MLACHECK_AT(DLTensor, byte_offset);
  MLACHECK_SIZE(mlacheck_operand);
  MLACHECK_AT(mlacheck_operand, name);
  MLACHECK_AT(mlacheck_operand, tensor);
  MLACHECK_AT(mlacheck_operand, format);
  MLACHECK_SIZE(mlacheck_integer);
  MLACHECK_AT(mlacheck_integer, name);
  MLACHECK_AT(mlacheck_integer, value);
  MLACHECK_SIZE(mlacheck_real);
  MLACHECK_AT(mlacheck_real, name);
  MLACHECK_AT(mlacheck_real, value);
  MLACHECK_SIZE(mlacheck_call);
  MLACHECK_AT(mlacheck_call, operand_count);
  MLACHECK_AT(mlacheck_call, integer_count);
  MLACHECK_AT(mlacheck_call, real_count);
  MLACHECK_AT(mlacheck_call, operands);
  MLACHECK_AT(mlacheck_call, integers);
  MLACHECK_AT(mlacheck_call, reals);
  MLACHECK_SIZE(mlacheck_launch);
  MLACHECK_AT(mlacheck_launch, kernel);
  MLACHECK_AT(mlacheck_launch, grid);
  MLACHECK_AT(mlacheck_launch, block);
  MLACHECK_AT(mlacheck_launch, dynamic_shared_bytes);
  MLACHECK_SIZE(mlacheck_context);
  MLACHECK_AT(mlacheck_context, harness);
  MLACHECK_AT(mlacheck_context, stream);
  MLACHECK_AT(mlacheck_context, receipt_counter);
  MLACHECK_AT(mlacheck_context, allocate);
  MLACHECK_AT(mlacheck_context, release);
  MLACHECK_AT(mlacheck_context, record_launch);
  MLACHECK_AT(mlacheck_context, record_traffic);
  MLACHECK_AT(mlacheck_context, record_synchronization);
  MLACHECK_AT(mlacheck_context, set_error);
  MLACHECK_SIZE(mlacheck_conventions);
  MLACHECK_AT(mlacheck_conventions, lse_base);
  MLACHECK_AT(mlacheck_conventions, lse_layout);
  MLACHECK_AT(mlacheck_conventions, plus_infinity);
  MLACHECK_AT(mlacheck_conventions, overlap);
  MLACHECK_AT(mlacheck_conventions, zero_sign);
  MLACHECK_AT(mlacheck_conventions, batch);
  MLACHECK_SIZE(mlacheck_numerics);
  MLACHECK_AT(mlacheck_numerics, accumulator_digits);
  MLACHECK_AT(mlacheck_numerics, probability_digits);
  MLACHECK_AT(mlacheck_numerics, exp_error_ulps);
  MLACHECK_AT(mlacheck_numerics, truncating_products);
  MLACHECK_AT(mlacheck_numerics, operand_digits);
  MLACHECK_AT(mlacheck_numerics, product_digits);
  MLACHECK_AT(mlacheck_numerics, scale_rule);
  MLACHECK_AT(mlacheck_numerics, exp_error_absolute);
  MLACHECK_AT(mlacheck_numerics, log_error_absolute);
  MLACHECK_AT(mlacheck_numerics, division_error_ulps);
  MLACHECK_AT(mlacheck_numerics, scale_error_ulps);
  MLACHECK_AT(mlacheck_numerics, nan_codes);
  MLACHECK_SIZE(mlacheck_subject);
  MLACHECK_AT(mlacheck_subject, variant);
  MLACHECK_AT(mlacheck_subject, baseline);
  MLACHECK_AT(mlacheck_subject, contract);
  MLACHECK_AT(mlacheck_subject, agreement);
  MLACHECK_AT(mlacheck_subject, conventions);
  MLACHECK_AT(mlacheck_subject, numerics);
  MLACHECK_AT(mlacheck_subject, self);
  MLACHECK_AT(mlacheck_subject, run);
  MLACHECK_AT(mlacheck_subject, unavailable);
  MLACHECK_AT(mlacheck_subject, domain);
  MLACHECK_SIZE(mlacheck_tile);
  MLACHECK_AT(mlacheck_tile, axis);
  MLACHECK_AT(mlacheck_tile, extent);
  MLACHECK_SIZE(mlacheck_table);
  MLACHECK_AT(mlacheck_table, op);
  MLACHECK_AT(mlacheck_table, backend);
  MLACHECK_AT(mlacheck_table, tile_count);
  MLACHECK_AT(mlacheck_table, subject_count);
  MLACHECK_AT(mlacheck_table, tiles);
  MLACHECK_AT(mlacheck_table, subjects);
  MLACHECK_SIZE(mlacheck_plugin);
  MLACHECK_AT(mlacheck_plugin, version);
  MLACHECK_AT(mlacheck_plugin, table_count);
  MLACHECK_AT(mlacheck_plugin, tables);
  MLACHECK_SIZE(mlacheck_worker_arguments);
  MLACHECK_AT(mlacheck_worker_arguments, socket);
  MLACHECK_AT(mlacheck_worker_arguments, post_mortem);
  MLACHECK_AT(mlacheck_worker_arguments, describe);
  MLACHECK_AT(mlacheck_worker_arguments, path_count);
  MLACHECK_AT(mlacheck_worker_arguments, paths);
  MLACHECK_AT(mlacheck_worker_arguments, import_path);
  MLACHECK_AT(mlacheck_worker_arguments, piece_count);
  MLACHECK_AT(mlacheck_worker_arguments, pieces);
  return text.c_str();
}

#undef MLACHECK_SIZE
#undef MLACHECK_AT
