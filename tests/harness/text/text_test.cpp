#include "harness/text/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

namespace mlacheck {
namespace {

using std::string_literals::operator""s;

TEST(Text, PrintableLeavesTextAlone) {
  for (const std::string& text :
       {""s, "plain ~ text"s, "two\nlines\tand a tab"s, "caf\xc3\xa9 \xe2\x82\xac"s,
        "\xf0\x9f\x98\x80"s, "\xf4\x8f\xbf\xbf"s, "\xed\x9f\xbf\xee\x80\x80"s, "back\\slash"s}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Text, PrintableEscapesWhatIsNoUtf8) {
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf") << "overlong";
  EXPECT_EQ(printable("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past the last character";
  EXPECT_EQ(printable("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82") << "cut short";
  EXPECT_EQ(printable("\xe2\x82z"), "\\xe2\\x82z") << "the letter after it is still read";
  EXPECT_EQ(printable("\x80"), "\\x80");
}

TEST(Text, PrintableEscapesControls) {
  EXPECT_EQ(printable("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(printable("a\0b"s), "a\\x00b");
  EXPECT_EQ(printable("over\rwritten\x7f"), "over\\x0dwritten\\x7f");
  EXPECT_EQ(printable("\xc2\x80\xc2\x9b\xc2\x9f"), "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f") << "C1";
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0") << "the first after C1";
  EXPECT_EQ(printable("\xe2\x80\xae txt"), "\\xe2\\x80\\xae txt") << "right to left";
  EXPECT_EQ(printable("\xe2\x81\xa6"), "\\xe2\\x81\\xa6") << "an isolate";
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\xe2\\x80\\xa8") << "a line separator";
}

TEST(Text, PrintableLineIsOneLine) {
  EXPECT_EQ(printable_line("a\nb\tc\r\n"), "a\\x0ab\\x09c\\x0d\\x0a");
  EXPECT_EQ(printable_line("caf\xc3\xa9"), "caf\xc3\xa9");
}

TEST(Text, ExcerptCutsBetweenCharacters) {
  EXPECT_EQ(excerpt("short", 5), "short");
  EXPECT_EQ(excerpt("longer", 5), "longe...");
  EXPECT_EQ(excerpt("abc\xe2\x82\xac", 5), "abc...");
  EXPECT_EQ(excerpt("ab\x1b", 5), "ab...") << "an escape is not cut";
  EXPECT_EQ(excerpt("a\nb", 9), "a\\x0ab");
  EXPECT_LE(excerpt(std::string(1 << 20, '\x01')).size(), 43U);
}

// What a shell makes of the text.
std::string through_shell(const std::string& text) {
  const std::string command = "printf '%s.' " + shell_quoted(text);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string read;
  std::array<char, 256> buffer{};
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    read.append(buffer.data(), count);
  }
  return read;
}

TEST(Text, ShellQuotedIsOneWordOfAShell) {
  EXPECT_EQ(shell_quoted("build/lib-x_1.0.so"), "build/lib-x_1.0.so");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("q lib.so"), "'q lib.so'");
  for (const std::string& text :
       {""s, "plain"s, "a b"s, "it's"s, "'"s, "'''"s, "$(echo x) `echo y` $HOME"s, "a\nb\n"s,
        "\\ \" \\' ! * ? [a] {b,c} ~ # ; & | < >"s, "-n"s, "~"s, "#"s, "mla(B=1,l=[1:2])"s,
        "\xff\x01\xc3\xa9"s}) {
    EXPECT_EQ(through_shell(text), text + ".") << shell_quoted(text);
  }
}

TEST(Text, ClosestFindsTheWordThatWasMeant) {
  const std::vector<std::string> ops{"strided_bmm",
                                     "merge_states",
                                     "chunked_context",
                                     "mla_decode",
                                     "quantized_bmm",
                                     "flatten_quant",
                                     "decode_expansion",
                                     "B",
                                     "K",
                                     "K12",
                                     "bf16",
                                     "f16"};
  EXPECT_EQ(closest("mla_decod", ops), "mla_decode");
  EXPECT_EQ(closest("mal_decode", ops), "mla_decode") << "two letters swapped";
  EXPECT_EQ(closest("merge-states", ops), "merge_states");
  EXPECT_EQ(closest("Strided_BMM", ops), "strided_bmm");
  EXPECT_EQ(closest("quantized_bmm", ops), "quantized_bmm");
  EXPECT_EQ(closest("b", ops), "B");
  EXPECT_EQ(closest("K21", ops), "K12");
  EXPECT_EQ(closest("bf61", ops), "bf16");
  for (const char* word : {"", "C", "softmax", "x", "decode"}) EXPECT_EQ(closest(word, ops), "");
  EXPECT_EQ(closest(std::string(1 << 20, 'm'), ops), "");
  EXPECT_EQ(closest("mla_decode", {}), "");
}

TEST(Text, ExpectedOneOfNamesChoicesAndTheNearest) {
  const std::vector<std::string> choices{"copy", "strided"};
  EXPECT_EQ(expected_one_of("strided2", choices),
            "did you mean 'strided'? expected one of copy strided");
  EXPECT_EQ(expected_one_of("fast", choices), "expected one of copy strided");
}

}  // namespace
}  // namespace mlacheck
