#include "reference/decode_expansion/consumer.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace mlacheck::decode_expansion {
namespace {

// Two rows of a table with pages of 16 tokens, one column of padding between them.
View two_rows() {
  View view;
  view.rows = 2;
  view.columns = 2;
  view.row_pitch = 3;
  view.page_size = 16;
  view.pool_pages = 100;
  view.seq_lens = {17, 16};
  view.block_table = {98, 99, 0x5A5A5A5A, 97, 0x5A5A5A5A};
  return view;
}

TEST(ExpansionConsumer, ReadsExactlyThePagesOfTheLength) {
  EXPECT_TRUE(consumer_faults(two_rows()).empty());
}

TEST(ExpansionConsumer, ANegativeLengthIsAVeryLargeOne) {
  View view = two_rows();
  view.seq_lens[1] = static_cast<std::uint32_t>(-3);
  EXPECT_EQ(consumer_faults(view),
            (std::vector<std::string>{"row 1, length 4294967293: 268435456 pages of 16 tokens are "
                                      "looked up, the table has 2 columns"}));
}

TEST(ExpansionConsumer, OneTokenTooManyReadsAPageThatIsNone) {
  View view = two_rows();
  view.seq_lens[1] = 17;
  EXPECT_EQ(consumer_faults(view),
            (std::vector<std::string>{
                "row 1, length 17: column 1 names page 1515870810, the pool has 100"}));
}

TEST(ExpansionConsumer, TheFirstPageOutsideThePool) {
  View view = two_rows();
  view.pool_pages = 98;
  EXPECT_EQ(
      consumer_faults(view),
      (std::vector<std::string>{"row 0, length 17: column 0 names page 98, the pool has 98"}));
}

TEST(ExpansionConsumer, AnEmptyRowReadsNothingUnlessItPrefetches) {
  View view = two_rows();
  view.seq_lens[1] = 0;
  view.block_table[3] = 0xFFFFFFFF;
  EXPECT_TRUE(consumer_faults(view).empty());
  view.prefetches_first_page = true;
  EXPECT_EQ(consumer_faults(view),
            (std::vector<std::string>{
                "row 1, length 0: column 0 names page 4294967295, the pool has 100"}));
}

TEST(ExpansionConsumer, RefusesAViewThatContradictsItself) {
  View view = two_rows();
  view.block_table.pop_back();
  EXPECT_THROW(consumer_faults(view), std::invalid_argument);
  view = two_rows();
  view.row_pitch = 1;
  EXPECT_THROW(consumer_faults(view), std::invalid_argument);
  view = two_rows();
  view.page_size = 0;
  EXPECT_THROW(consumer_faults(view), std::invalid_argument);
  view = two_rows();
  view.seq_lens.pop_back();
  EXPECT_THROW(consumer_faults(view), std::invalid_argument);
}

}  // namespace
}  // namespace mlacheck::decode_expansion
