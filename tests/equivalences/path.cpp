// E5 and strided_equals_copy: the whole path from the product to the output projection's x, in one
// memory, without a look at it in between.
#include <algorithm>
#include <cstring>

#include "harness/checks/conventions.hpp"
#include "harness/execute/guarded_context.hpp"
#include "harness/subjects/subjects.hpp"
#include "properties/flatten_quant/model.hpp"
#include "tests/equivalences/fit.hpp"
#include "tests/equivalences/parts.hpp"

namespace mlacheck::equivalences {
namespace {

constexpr std::int64_t kGroup = 128;

const Subject& variant_of(const std::string& op, const Backend& backend,
                          const std::string& variant) {
  const Subject* const found = find_subject(op, backend.name(), variant);
  if (found == nullptr)
    throw Broken("no variant " + variant + " of " + op + " on " + backend.name());
  return *found;
}

// The product, and the quantizer that reads what it wrote. `outputs` is the quantizer's problem
// without x; no quantizer for the projection in bf16.
struct Path {
  const Subject* product;
  Problem operands;
  const Subject* quantizer = nullptr;
  Problem outputs;
};

struct Travelled {
  Run product;  // and what both together cost
  Run quantizer;
  std::vector<std::byte> flattened;  // rows of H V elements, where no quantizer follows
};

// Row t of the [T, H V] view begins where token t does: that view is all that flattening costs.
std::vector<std::byte> flattened_bytes(Backend& backend, const Tensor& out) {
  const std::size_t width =
      static_cast<std::size_t>(out.shape[1] * out.shape[2]) * size_of(out.dtype);
  std::vector<std::byte> bytes(static_cast<std::size_t>(out.shape[0]) * width);
  for (std::int64_t token = 0; token < out.shape[0]; ++token) {
    const auto pitch = static_cast<std::size_t>(out.stride[0]) * size_of(out.dtype);
    const Status status =
        backend.download(bytes.data() + static_cast<std::size_t>(token) * width,
                         out.as<std::byte>() + static_cast<std::size_t>(token) * pitch, width);
    if (!status.ok()) throw Broken("harness: " + status.message());
  }
  return bytes;
}

Travelled travel(Trial& trial, const Path& path, const std::string& which) {
  Backend& backend = trial.backend();
  const RunOptions options = RunOptions::poisoned(Poison::ones);
  PlacedOperands operands(path.operands, backend, options);
  PlacedOperands outputs(path.outputs, backend, options);
  GuardedContext context(backend, options.scratch);
  Travelled result;
  result.product.problem = &path.operands;
  result.quantizer.problem = &path.outputs;
  for (const std::string& error : {operands.error(), outputs.error(), context.backend_error()}) {
    if (!error.empty()) throw Broken(which + ": harness: " + error);
  }
  backend.drain_findings();
  const Call product = operands.call(path.operands);
  const Tensor out = product.tensor("out");
  Status status = path.product->run(product, context);
  if (status.ok() && path.quantizer != nullptr) {
    Call call = outputs.call(path.outputs);
    call.set_tensor("x", out);
    status = path.quantizer->run(call, context);
  }
  const Status finished = backend.synchronize();
  result.product.status = status.ok() ? finished : status;
  result.product.findings = backend.drain_findings();
  for (std::string& violation : context.scratch_violations()) {
    result.product.findings.push_back({Check::canary, std::move(violation)});
  }
  trial.accept(result.product, which);
  result.product.outputs = operands.collect(result.product.findings);
  result.quantizer.outputs = outputs.collect(result.quantizer.findings);
  trial.accept(result.product, which);
  trial.accept(result.quantizer, which);
  if (context.blocks_run() != context.blocks_expected()) {
    throw Broken(which + ": a block of a launch did not run");
  }
  result.product.cost = context.cost();
  if (path.quantizer == nullptr) result.flattened = flattened_bytes(backend, out);
  return result;
}

// The quantizer's operands for what the product of this case writes.
Problem quantizer_problem(Trial& trial, Projection projection, const Subject& quantizer) {
  using enum flatten_quant::Form;
  const Product product = quantized_bmm::field_table().fields(trial.the_case());
  Random random(stream_of(trial.the_case().line()), 13);
  Quantizer f{.tokens = product.tokens,
              .heads = product.heads,
              .columns = product.columns,
              .dtype = product.out_dtype};
  if (projection != Projection::mxfp4) {
    f.form = random.chance(50) ? fp8 : fp8_transposed;
    f.group = random.pick<std::int64_t>({32, 64, kGroup, kGroup});
    f.maximum = random.chance(50) ? 448 : 240;
  }
  f.codes.gap = random.between(0, 5);
  f.scales.gap = random.between(0, 3);
  Problem problem =
      under_conventions(flatten_quant::model().materialise(flatten_quant::field_table().to_case(f),
                                                           quantizer.contract_name()),
                        quantizer);
  std::erase_if(problem.operands, [](const Operand& operand) { return operand.name == "x"; });
  return problem;
}

Problem with_out(const Problem& problem, const Layout& layout) {
  Problem other = problem;
  for (Operand& operand : other.operands) {
    if (operand.name == "out") operand.layout = layout;
  }
  return other;
}

// Where the parts of a path come from: the view of the caller's [T, H, V] buffer, or a dense
// [H, T, V] that something has to copy transposed.
enum class Middle { view, dense_heads_first };

Path make_path(Trial& trial, Projection projection, const char* product, const char* quantizer,
               Middle middle) {
  Path path;
  path.product = &variant_of("quantized_bmm", trial.backend(), product);
  const std::vector<std::int64_t>& shape =
      quantized_bmm::Operands{trial.problem()}.out().layout.shape;
  path.operands =
      middle == Middle::view
          ? trial.problem()
          : with_out(trial.problem(), Layout::strided(shape, {shape[2], shape[0] * shape[2], 1}));
  if (projection == Projection::bf16) return path;
  path.quantizer = &variant_of("flatten_quant", trial.backend(), quantizer);
  path.outputs = quantizer_problem(trial, projection, *path.quantizer);
  return path;
}

void expect_same_travel(Trial& trial, const Travelled& of_a, const Travelled& of_b,
                        const std::string& which) {
  trial.expect_same(of_a.product, of_b.product, which + ", product");
  trial.expect_same(of_a.quantizer, of_b.quantizer, which + ", quantized");
}

// The zero-copy path moves nothing: it launches the product, the sums of its splits, the quantizer.
void expect_no_copy(const Trial& trial, const Path& path, const Travelled& travelled) {
  const bool splits = quantized_bmm::Parameters::of(trial.problem()).splits > 1;
  const std::uint64_t launches = (splits ? 2U : 1U) + (path.quantizer != nullptr ? 1U : 0U);
  const Cost& cost = travelled.product.cost;
  if (cost.launches != launches || cost.bytes_copied != 0 ||
      cost.allocations != (splits ? 1U : 0U)) {
    throw Broken("the zero-copy path took " + std::to_string(cost.launches) + " launches, " +
                 std::to_string(cost.allocations) + " allocations and copied " +
                 std::to_string(cost.bytes_copied) + " bytes");
  }
}

// What a copying caller of the bf16 projection gets: dense [H, T, V] transposed, then flattened.
std::vector<std::byte> transposed_bytes(const Operand& out,
                                        const std::vector<std::uint32_t>& bits) {
  const std::vector<std::int64_t>& shape = out.layout.shape;
  std::vector<std::byte> heads_first(bits.size() * size_of(out.dtype));
  std::vector<std::byte> result(heads_first.size());
  const auto size = static_cast<std::int64_t>(size_of(out.dtype));
  const Layout::Positions kept = out.layout.positions();
  const std::vector<std::int64_t>& positions = *kept;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    store_bits(out.dtype, heads_first.data() + positions[i] * size, bits[i]);
  }
  for (std::int64_t token = 0; token < shape[0]; ++token) {
    for (std::int64_t head = 0; head < shape[1]; ++head) {
      std::memcpy(result.data() + (token * shape[1] + head) * shape[2] * size,
                  heads_first.data() + (head * shape[0] + token) * shape[2] * size,
                  static_cast<std::size_t>(shape[2] * size));
    }
  }
  return result;
}

void expect_bytes(const std::vector<std::byte>& a, const std::vector<std::byte>& b,
                  const std::string& which) {
  const auto [first, second] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (first == a.end() && second == b.end()) return;
  throw Broken(which + ": byte " + std::to_string(first - a.begin()) +
               " of the flattened x differs");
}

// Zero-copy: the product writes into the view, and the quantizer reads it there. Copying: a dense
// product, and a quantizer that copies its transposed view before it quantizes a matrix.
bool zero_copy_equals_copy(Trial& trial, Projection projection) {
  const Path z = make_path(trial, projection, "strided", "strided", Middle::view);
  const Path c = make_path(trial, projection, "strided", "copy", Middle::dense_heads_first);
  const Travelled of_z = travel(trial, z, "zero-copy path");
  const Travelled of_c = travel(trial, c, "copying path");
  expect_no_copy(trial, z, of_z);
  expect_same_travel(trial, of_z, of_c, "zero-copy against copying path");
  if (projection == Projection::bf16) {
    const Operand& out = quantized_bmm::Operands{c.operands}.out();
    expect_bytes(of_z.flattened, transposed_bytes(out, of_c.product.bits("out")),
                 "zero-copy against copying path");
  }
  return true;
}

// The same against the copying variants of both ops.
bool strided_equals_copy(Trial& trial, Projection projection) {
  const Path strided = make_path(trial, projection, "strided", "strided", Middle::view);
  const Path copying = make_path(trial, projection, "copy", "copy", Middle::view);
  const Travelled of_strided = travel(trial, strided, "strided");
  const Travelled of_copying = travel(trial, copying, "copy");
  expect_no_copy(trial, strided, of_strided);
  expect_same_travel(trial, of_strided, of_copying, "strided against copy");
  expect_bytes(of_strided.flattened, of_copying.flattened, "strided against copy");
  return true;
}

Part part(Projection projection, bool (*holds)(Trial&, Projection)) {
  const auto fit = [projection](Product& f, Random& random) {
    fill_extents(f);
    at_least(f.tokens, 2);
    at_least(f.heads, 3);
    // MXFP4 packs pairs of a head.
    if (projection == Projection::mxfp4) f.columns += f.columns % 2;
    if (projection != Projection::bf16) return;
    // [T, H V] is a view of rows without gaps between their heads.
    f.out_dtype = DType::bf16;
    f.out = {.outer_gap = random.chance(50) ? 0 : f.out.outer_gap,
             .offset = f.out.offset,
             .pad = f.out.pad};
  };
  Part part =
      of_product(fit, [projection, holds](Trial& trial) { return holds(trial, projection); });
  part.variant = "strided";
  return part;
}

}  // namespace

std::vector<Part> zero_copy_path() {
  return {part(Projection::mxfp4, &zero_copy_equals_copy),
          part(Projection::fp8, &zero_copy_equals_copy),
          part(Projection::bf16, &zero_copy_equals_copy)};
}

std::vector<Part> strided_path_equals_copy(Projection projection) {
  return {part(projection, &strided_equals_copy)};
}

}  // namespace mlacheck::equivalences
