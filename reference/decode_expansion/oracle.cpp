#include "reference/decode_expansion/oracle.hpp"

#include <Eigen/Core>
#include <algorithm>

#include "reference/decode_expansion/parameters.hpp"

namespace mlacheck::decode_expansion {
namespace {

using Table = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

ExpectedTensor exact(const Operand& output, const Table& value) {
  ExpectedTensor expected = ExpectedTensor::like(output);
  expected.value.assign(value.data(), value.data() + value.size());
  return expected;
}

Table zeros_like(const Operand& output) {
  const std::vector<std::int64_t>& shape = output.layout.shape;
  return Table::Zero(shape[0], shape.size() > 1 ? shape[1] : 1);
}

class ExpansionOracle final : public Oracle {
 public:
  Expectation expect(const Problem& problem) const override {
    const Operands o{problem};
    const std::vector<double> seq_lens = o.seq_lens().values();
    const std::vector<double> decode_lens = o.decode_lens().values();
    const std::int64_t columns = o.block_table().layout.shape[1];
    const std::vector<double> pages = o.block_table().values();
    const Eigen::Map<const Table> block_table(pages.data(), o.block_table().layout.shape[0],
                                              columns);
    const std::int64_t tokens = Parameters::of(problem).tokens;

    Table expanded_seq_lens = zeros_like(o.expanded_seq_lens());
    Table expanded_block_table = zeros_like(o.expanded_block_table());
    Table expanded_decode_lens = zeros_like(o.expanded_decode_lens());
    expanded_decode_lens.topRows(tokens).setOnes();

    std::int64_t row = 0;
    for (std::size_t r = 0; r < seq_lens.size(); ++r) {
      for (auto after = static_cast<std::int64_t>(decode_lens[r]) - 1; after >= 0 && row < tokens;
           --after, ++row) {
        // `after` tokens of the request come later, and this one does not see them.
        expanded_seq_lens(row, 0) = std::max(seq_lens[r] - static_cast<double>(after), 0.0);
        expanded_block_table.row(row).head(columns) = block_table.row(static_cast<Eigen::Index>(r));
      }
    }

    Expectation expectation;
    expectation.outputs = {exact(o.expanded_seq_lens(), expanded_seq_lens),
                           exact(o.expanded_block_table(), expanded_block_table),
                           exact(o.expanded_decode_lens(), expanded_decode_lens)};
    expectation.rule = "exact integers";
    return expectation;
  }
};

}  // namespace

const Oracle& oracle() {
  static const ExpansionOracle oracle;
  return oracle;
}

}  // namespace mlacheck::decode_expansion
