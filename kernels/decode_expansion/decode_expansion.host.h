// Host routines of decode_expansion: argument checks, scratch and launches. The contract, with the
// names and shapes of all operands, is in docs/contracts.md.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "harness/device/launch.h"
#include "harness/op/argument_checks.hpp"
#include "harness/op/call.hpp"
#include "harness/op/launch_context.hpp"
#include "harness/op/status.hpp"
#include "harness/values/quotient.hpp"
#include "kernels/decode_expansion/decode_expansion.kernel.h"

namespace mlacheck::MLACHECK_TARGET::decode_expansion {

/// The arguments of one expansion. Lengths without "device" in the name are what the host knows.
struct ExpansionArguments {
  explicit ExpansionArguments(const Call& call)
      : seq_lens(call.tensor("seq_lens")),
        block_table(call.tensor("block_table")),
        decode_lens(call.tensor("decode_lens")),
        query_start_loc(call.tensor("query_start_loc")),
        expanded_seq_lens(call.tensor("expanded_seq_lens")),
        expanded_block_table(call.tensor("expanded_block_table")),
        expanded_decode_lens(call.tensor("expanded_decode_lens")),
        tokens(call.integer("tokens")),
        decode_tokens(call.integer("decode_tokens")),
        min_decode_len(call.integer("min_decode_len")),
        max_decode_len(call.integer("max_decode_len")),
        lens_exact(call.integer("lens_exact")) {}

  std::int64_t requests() const { return seq_lens.shape[0]; }
  std::int64_t columns() const { return block_table.shape[1]; }

  Tensor seq_lens;
  Tensor block_table;
  Tensor decode_lens;
  Tensor query_start_loc;
  Tensor expanded_seq_lens;
  Tensor expanded_block_table;
  Tensor expanded_decode_lens;
  std::int64_t tokens;
  std::int64_t decode_tokens;
  std::int64_t min_decode_len;
  std::int64_t max_decode_len;
  std::int64_t lens_exact;
};

inline void check_expansion_scalars(ArgumentChecker& check, const ExpansionArguments& a) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  check.integer_within("tokens", a.tokens, 0, kMost)
      .integer_within("max_decode_len", a.max_decode_len, 0, kMost)
      .integer_within("min_decode_len", a.min_decode_len, 0, a.max_decode_len)
      .integer_within("lens_exact", a.lens_exact, 0, 1);
  check.require("seq_lens", a.requests() <= kMost, a.seq_lens,
                "at most 2^31-1 requests are supported");
  if (!check.ok()) return;  // the products below fit 64 bits only now
  check.integer_within("decode_tokens", a.decode_tokens, a.requests() * a.min_decode_len,
                       a.requests() * a.max_decode_len);
  check.require("tokens", a.tokens >= a.decode_tokens, a.tokens, [&] {
    return "at least decode_tokens = " + std::to_string(a.decode_tokens) + " is needed";
  });
}

inline void check_expansion_outputs(ArgumentChecker& check, const ExpansionArguments& a) {
  const auto rows = [&](std::string_view name, const Tensor& tensor) {
    check.require(name, tensor.shape[0] >= a.tokens, tensor, [&] {
      return "at least tokens = " + std::to_string(a.tokens) + " rows are needed";
    });
  };
  rows("expanded_seq_lens", a.expanded_seq_lens);
  rows("expanded_block_table", a.expanded_block_table);
  rows("expanded_decode_lens", a.expanded_decode_lens);
  check.require("expanded_block_table", a.expanded_block_table.shape[1] >= a.columns(),
                a.expanded_block_table, [&] {
                  return "at least the " + std::to_string(a.columns()) +
                         " columns of block_table are needed";
                });
}

inline void check_expansion_aliasing(ArgumentChecker& check, const ExpansionArguments& a) {
  struct Named {
    std::string_view name;
    const Tensor& tensor;
  };
  const Named inputs[]{{"seq_lens", a.seq_lens},
                       {"block_table", a.block_table},
                       {"decode_lens", a.decode_lens},
                       {"query_start_loc", a.query_start_loc}};
  const Named outputs[]{{"expanded_seq_lens", a.expanded_seq_lens},
                        {"expanded_block_table", a.expanded_block_table},
                        {"expanded_decode_lens", a.expanded_decode_lens}};
  for (const Named& output : outputs) {
    check.no_self_overlap(output.name, output.tensor);
    for (const Named& input : inputs) {
      check.disjoint(output.name, output.tensor, input.name, input.tensor);
    }
    for (const Named& other : outputs) {
      if (&other == &output) break;
      check.disjoint(output.name, output.tensor, other.name, other.tensor);
    }
  }
}

inline Status check_expansion(const ExpansionArguments& a) {
  ArgumentChecker check;
  check.operand("seq_lens", a.seq_lens, {-1}, {DType::i32})
      .unit_stride("seq_lens", a.seq_lens, 0)
      .operand("block_table", a.block_table, {a.requests(), -1}, {DType::i32})
      .unit_stride("block_table", a.block_table, 1)
      .operand("decode_lens", a.decode_lens, {a.requests()}, {DType::i32})
      .unit_stride("decode_lens", a.decode_lens, 0)
      .operand("query_start_loc", a.query_start_loc, {a.requests()}, {DType::i32})
      .unit_stride("query_start_loc", a.query_start_loc, 0)
      .operand("expanded_seq_lens", a.expanded_seq_lens, {-1}, {DType::i32})
      .unit_stride("expanded_seq_lens", a.expanded_seq_lens, 0)
      .operand("expanded_block_table", a.expanded_block_table, {-1, -1}, {DType::i32})
      .unit_stride("expanded_block_table", a.expanded_block_table, 1)
      .operand("expanded_decode_lens", a.expanded_decode_lens, {-1}, {DType::i32})
      .unit_stride("expanded_decode_lens", a.expanded_decode_lens, 0);
  if (check.ok()) check_expansion_scalars(check, a);
  if (check.ok()) check_expansion_outputs(check, a);
  if (check.ok()) check_expansion_aliasing(check, a);
  return check.status();
}

inline Dim3 blocks_for(std::int64_t rows, int rows_a_block) {
  return {static_cast<unsigned>(rounded_up_quotient(rows, rows_a_block)), 1, 1};
}

inline Status scan_decode_lens(const ExpansionArguments& a, const Tensor& offsets,
                               LaunchContext& context) {
  ScanDecodeLens::Params params{};
  params.decode_lens = a.decode_lens.as<std::int32_t>();
  params.requests = a.requests();
  params.limit = a.tokens;
  params.offsets = offsets.as<std::int32_t>();
  return launch<ScanDecodeLens>(context, {}, {ScanDecodeLens::kThreads, 1, 1}, 0, params);
}

inline Status assign_rows(const ExpansionArguments& a, const Tensor& offsets,
                          const Tensor& request_of_row, LaunchContext& context) {
  AssignRows::Params params{};
  params.seq_lens = a.seq_lens.as<std::int32_t>();
  params.decode_lens = a.decode_lens.as<std::int32_t>();
  params.query_start_loc = a.query_start_loc.as<std::int32_t>();
  params.offsets = offsets.as<std::int32_t>();
  params.requests = a.requests();
  params.rows = a.tokens;
  params.request_of_row = request_of_row.as<std::int32_t>();
  params.expanded_seq_lens = a.expanded_seq_lens.as<std::int32_t>();
  params.expanded_decode_lens = a.expanded_decode_lens.as<std::int32_t>();
  return launch<AssignRows>(context, blocks_for(a.tokens, AssignRows::kThreads),
                            {AssignRows::kThreads, 1, 1}, 0, params);
}

inline Status gather_rows(const ExpansionArguments& a, const Tensor& request_of_row,
                          LaunchContext& context) {
  if (a.columns() == 0) return {};
  GatherRows::Params params{};
  params.request_of_row = request_of_row.as<std::int32_t>();
  params.block_table = a.block_table.as<std::int32_t>();
  params.block_table_stride = a.block_table.stride[0];
  params.columns = a.columns();
  params.rows = a.tokens;
  params.expanded_block_table = a.expanded_block_table.as<std::int32_t>();
  params.expanded_stride = a.expanded_block_table.stride[0];
  return launch<GatherRows>(context, blocks_for(a.tokens, GatherRows::kRows),
                            {GatherRows::kThreads, 1, 1}, 0, params);
}

/// Any mixture of decode lengths. Trusts decode_lens in device memory: the host's scalars are only
/// checked against each other.
inline Status generic(const Call& call, LaunchContext& context) {
  const ExpansionArguments a(call);
  if (const Status status = check_expansion(a); !status.ok()) return status;
  if (a.tokens == 0) return {};

  const Tensor request_of_row = context.allocate("request_of_row", DType::i32, {a.tokens});
  const Tensor offsets = context.allocate("offsets", DType::i32, {a.requests() + 1});
  if (request_of_row.data == nullptr || offsets.data == nullptr) {
    return {StatusCode::out_of_memory, "generic: no scratch for " + std::to_string(a.tokens) +
                                           " rows and " + std::to_string(a.requests()) +
                                           " requests"};
  }
  if (const Status status = scan_decode_lens(a, offsets, context); !status.ok()) {
    return status;
  }
  if (const Status status = assign_rows(a, offsets, request_of_row, context); !status.ok()) {
    return status;
  }
  context.release(offsets);
  if (const Status status = gather_rows(a, request_of_row, context); !status.ok()) {
    return status;
  }
  context.release(request_of_row);
  return {};
}

/// The same result from one launch without scratch, for steps in which every request has
/// max_decode_len tokens and the host knows it.
inline Status uniform(const Call& call, LaunchContext& context) {
  const ExpansionArguments a(call);
  if (const Status status = check_expansion(a); !status.ok()) return status;
  if (a.lens_exact == 0) {
    return {StatusCode::unsupported,
            "uniform: lens_exact is 0: the decode lengths in device memory may differ from the "
            "host's, and only generic reads them"};
  }
  if (a.min_decode_len != a.max_decode_len) {
    return {StatusCode::unsupported,
            "uniform: decode lengths from " + std::to_string(a.min_decode_len) + " to " +
                std::to_string(a.max_decode_len) + ", where all must be equal"};
  }
  if (a.tokens == 0) return {};

  ExpandUniform::Params params{};
  params.seq_lens = a.seq_lens.as<std::int32_t>();
  params.block_table = a.block_table.as<std::int32_t>();
  params.block_table_stride = a.block_table.stride[0];
  params.columns = a.columns();
  params.expanded_rows = a.requests() * a.max_decode_len;
  params.decode_len = a.max_decode_len;
  params.expanded_seq_lens = a.expanded_seq_lens.as<std::int32_t>();
  params.expanded_block_table = a.expanded_block_table.as<std::int32_t>();
  params.expanded_stride = a.expanded_block_table.stride[0];
  params.expanded_decode_lens = a.expanded_decode_lens.as<std::int32_t>();
  return launch<ExpandUniform>(context, {static_cast<unsigned>(a.tokens), 1, 1},
                               {ExpandUniform::kThreads, 1, 1}, 0, params);
}

}  // namespace mlacheck::MLACHECK_TARGET::decode_expansion
