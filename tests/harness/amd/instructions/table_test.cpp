// Tables of instructions: one row is "instructions | registers before | registers after".
//
// Values are integers, floats (with a decimal point, inf, nan), or per lane "lane*4+1"; "v[1:2]=" takes
// 64 bits, "v1[3]=" one lane. A mask register takes a mask. "fault=lds TEXT" expects a fault with TEXT.
// "vcc" becomes vcc_lo on gfx1030. A row runs with all lanes and, if it begins with a vector instruction, with every other lane enabled:
// then the others keep what they held. "!" before a row leaves that out, for what crosses lanes or does
// not heed EXEC. Lines "@gfx90a" and "@gfx1030" restrict the rows below, "@all" ends that.
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "tests/harness/amd/support/machine.hpp"

namespace mlacheck::amd::test {
namespace {

struct Row {
  std::string place;
  std::string code;
  std::string before;
  std::string after;
  bool every_lane_only = false;
};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

std::vector<Row> rows_for(const std::filesystem::path& path, Target target) {
  std::ifstream stream(path);
  std::vector<Row> rows;
  std::string line;
  bool wanted = true;
  for (int number = 1; std::getline(stream, line); ++number) {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (line[0] == '@') {
      wanted = line == "@all" || line == "@" + std::string(name_of(target));
      continue;
    }
    if (!wanted) continue;
    const std::size_t first = line.find(" | ");
    const std::size_t second = line.find(" | ", first + 3);
    if (second == std::string::npos)
      throw std::runtime_error(path.string() + ": row '" + line + "'");
    Row row;
    row.place = path.filename().string() + ":" + std::to_string(number);
    row.every_lane_only = line[0] == '!' || line[0] == 's';
    row.code = trimmed(line.substr(line[0] == '!' ? 1 : 0, first - (line[0] == '!' ? 1 : 0)));
    row.before = trimmed(line.substr(first + 3, second - first - 3));
    row.after = trimmed(line.substr(second + 3));
    rows.push_back(row);
  }
  return rows;
}

// "lane*4+1" and the like, numbers, floats of this many bits.
u64 value_of(const std::string& text, unsigned lane, bool wide) {
  if (text.starts_with("lane")) {
    u64 value = lane;
    std::size_t at = 4;
    while (at < text.size()) {
      std::size_t used = 0;
      const u64 number = std::stoull(text.substr(at + 1), &used, 0);
      value = text[at] == '*' ? value * number : text[at] == '^' ? value ^ number : value + number;
      at += 1 + used;
    }
    return value;
  }
  const bool hexadecimal =
      text.find("0x") != std::string::npos && text.find('p') == std::string::npos;
  if (text.ends_with("inf") || text.ends_with("nan") ||
      (!hexadecimal && text.find_first_of(".p") != std::string::npos)) {
    const double value = std::stod(text);
    return wide ? std::bit_cast<u64>(value) : std::bit_cast<u32>(static_cast<float>(value));
  }
  const u64 value = text[0] == '-' ? static_cast<u64>(std::stoll(text, nullptr, 0))
                                   : std::stoull(text, nullptr, 0);
  return wide ? value : low_word(value);
}

struct Assignment {
  char file = 's';  // 's' or 'v'
  unsigned index = 0;
  bool wide = false;
  std::optional<unsigned> lane;
  std::string value;
};

std::vector<Assignment> assignments(const std::string& text) {
  std::istringstream stream(text);
  std::vector<Assignment> all;
  std::string word;
  while (stream >> word) {
    const std::size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    Assignment one;
    one.value = word.substr(equals + 1);
    const std::vector<std::pair<std::string, unsigned>> named{{"vcc", ScalarRegister::kVcc},
                                                              {"exec", ScalarRegister::kExec},
                                                              {"scc", ScalarRegister::kScc},
                                                              {"m0", ScalarRegister::kM0}};
    bool found = false;
    for (const auto& [special, index] : named) {
      if (name != special) continue;
      one.index = index;
      one.wide = special == "vcc" || special == "exec";
      found = true;
    }
    if (!found) {
      one.file = name.at(0) == 'a' ? 'v' : name.at(0);
      const unsigned first = name.at(0) == 'a' ? 256 : 0;
      one.wide = name.at(1) == '[';
      one.index = first + static_cast<unsigned>(std::stoul(name.substr(one.wide ? 2 : 1)));
      const std::size_t lane = name.find('[', 2);
      if (lane != std::string::npos)
        one.lane = static_cast<unsigned>(std::stoul(name.substr(lane + 1)));
    }
    all.push_back(one);
  }
  return all;
}

void assign(Machine& machine, const Assignment& to) {
  Wave& wave = machine.wave();
  for (unsigned lane = 0; lane < machine.lanes(); ++lane) {
    if (to.lane && *to.lane != lane) continue;
    const u64 value = value_of(to.value, lane, to.wide);
    if (to.file == 'v') {
      wave.vector.at(to.index)[lane] = low_word(value);
      if (to.wide) wave.vector.at(to.index + 1)[lane] = high_word(value);
    } else if (to.wide && to.index >= ScalarRegister::kVcc) {
      wave.set_mask(to.index, value);
    } else {
      wave.scalar.at(to.index) = low_word(value);
      if (to.wide) wave.scalar.at(to.index + 1) = high_word(value);
    }
  }
}

u64 found_in(Machine& machine, const Assignment& at, unsigned lane) {
  Wave& wave = machine.wave();
  if (at.file == 'v') {
    return joined(wave.vector.at(at.index)[lane], at.wide ? wave.vector.at(at.index + 1)[lane] : 0);
  }
  if (at.wide && at.index >= ScalarRegister::kVcc) return wave.mask(at.index);
  return joined(wave.scalar.at(at.index), at.wide ? wave.scalar.at(at.index + 1) : 0);
}

void expect_after(Machine& machine, const Row& row, u64 exec, bool vector) {
  for (const Assignment& expected : assignments(row.after)) {
    for (unsigned lane = 0; lane < machine.lanes(); ++lane) {
      if (expected.lane && *expected.lane != lane) continue;
      if (expected.file == 'v' && (exec >> lane & 1U) == 0) continue;
      u64 value = value_of(expected.value, lane, expected.wide);
      // What a vector instruction writes to a mask is 0 where EXEC is.
      if (vector && expected.file == 's' && expected.wide) {
        value &= exec;
      } else if (machine.lanes() == 32 && expected.index >= ScalarRegister::kVcc &&
                 expected.file == 's') {
        value = low_word(value);
      }
      u64 found = found_in(machine, expected, lane);
      if (machine.lanes() == 32 && vector && expected.file == 's' && expected.wide)
        found = low_word(found);
      ASSERT_EQ(hexadecimal(found), hexadecimal(value))
          << row.place << ": " << row.code << " | " << row.before << " | register " << expected.file
          << expected.index << ", lane " << lane << ", exec " << hexadecimal(exec);
    }
  }
}

Fault::Kind kind_named(const std::string& name) {
  if (name == "lds") return Fault::Kind::lds;
  if (name == "memory") return Fault::Kind::memory;
  if (name == "scratch") return Fault::Kind::scratch;
  if (name == "alignment") return Fault::Kind::alignment;
  if (name == "uninitialized") return Fault::Kind::uninitialized;
  if (name == "unknown") return Fault::Kind::unknown_instruction;
  throw std::runtime_error("fault '" + name + "'");
}

void run_row(Target target, const Row& row, const std::vector<u8>& code) {
  Machine machine(target, code);
  const auto start = [&] {
    machine.reset();
    for (const Assignment& one : assignments(row.before)) assign(machine, one);
  };
  start();
  const u64 all = machine.wave().exec();
  const bool vector = row.code[0] != 's';
  const std::optional<Fault> fault = machine.run();
  if (row.after.starts_with("fault=")) {
    const std::size_t blank = row.after.find(' ');
    ASSERT_TRUE(fault) << row.place << ": " << row.code << " ended without a fault";
    EXPECT_EQ(fault->kind, kind_named(row.after.substr(6, blank - 6)))
        << row.place << ": " << fault->text;
    EXPECT_NE(fault->text.find(trimmed(row.after.substr(blank))), std::string::npos)
        << row.place << ": " << fault->text;
    return;
  }
  ASSERT_FALSE(fault) << row.place << ": " << fault->text;
  expect_after(machine, row, all, vector && !row.every_lane_only);
  if (row.every_lane_only) return;

  start();
  Wave& wave = machine.wave();
  const u64 some = all & 0x5555'5555'aaaa'aaaaU;
  wave.set_mask(ScalarRegister::kExec, some);
  const auto before = wave.vector;
  ASSERT_FALSE(machine.run()) << row.place;
  expect_after(machine, row, some, vector);
  for (unsigned r = 0; r < 32; ++r) {
    for (unsigned lane = 0; lane < machine.lanes(); ++lane) {
      if ((some >> lane & 1U) != 0) continue;
      ASSERT_EQ(wave.vector[r][lane], before[r][lane])
          << row.place << ": " << row.code << " changed v" << r << " of disabled lane " << lane;
    }
  }
}

class InstructionTable : public testing::TestWithParam<std::string> {};

// A wave of 32 lanes has its masks in vcc_lo.
std::string for_wave_size(std::string code, Target target) {
  if (target != Target::gfx1030 || code[0] == 's') return code;
  for (std::size_t at = code.find("vcc"); at != std::string::npos; at = code.find("vcc", at + 3)) {
    if (code.compare(at, 4, "vcc_") != 0) code.insert(at + 3, "_lo");
  }
  return code;
}

void run_table(const std::string& name, Target target) {
  const std::vector<Row> rows =
      rows_for(std::filesystem::path(MLACHECK_INSTRUCTION_TABLES) / (name + ".txt"), target);
  ASSERT_FALSE(rows.empty());
  std::vector<std::string> texts;
  texts.reserve(rows.size());
  for (const Row& row : rows) texts.push_back(for_wave_size(row.code, target));
  const auto codes = encoded(target, texts);
  for (std::size_t i = 0; i < rows.size(); ++i) run_row(target, rows[i], codes[i]);
}

TEST_P(InstructionTable, Gfx90a) { run_table(GetParam(), Target::gfx90a); }
TEST_P(InstructionTable, Gfx1030) { run_table(GetParam(), Target::gfx1030); }

std::vector<std::string> tables() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(MLACHECK_INSTRUCTION_TABLES)) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tables, InstructionTable, testing::ValuesIn(tables()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace mlacheck::amd::test
