#include "tests/harness/amd/support/machine.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

#include "harness/amd/block/run_wave.hpp"
#include "harness/amd/wave/failure.hpp"
#include "tests/harness/amd/support/tools.hpp"

namespace mlacheck::amd::test {
namespace {

// "encoding: [0x00,0x00,0x81,0xbf]", once for each instruction.
std::vector<std::vector<u8>> encodings(const std::string& listing) {
  std::vector<std::vector<u8>> all;
  const std::string mark = "encoding: [";
  for (std::size_t at = listing.find(mark); at != std::string::npos; at = listing.find(mark, at)) {
    at += mark.size();
    std::vector<u8> bytes;
    while (listing.at(at) != ']') {
      bytes.push_back(static_cast<u8>(std::stoul(listing.substr(at, 4), nullptr, 16)));
      at += 4;
      if (listing.at(at) == ',') ++at;
    }
    all.push_back(bytes);
  }
  return all;
}

}  // namespace

std::vector<std::vector<u8>> encoded(Target target, const std::vector<std::string>& texts) {
  const TemporaryFolder folder;
  std::vector<std::size_t> counts;
  {
    std::ofstream stream(folder.file("instructions.s"));
    for (const std::string& text : texts) {
      std::size_t count = 1;
      for (const char letter : text) {
        count += letter == ';' ? 1 : 0;
        stream << (letter == ';' ? '\n' : letter);
      }
      stream << "\ns_endpgm\n";
      counts.push_back(count + 1);
    }
  }
  const bool old = target == Target::gfx90a || target == Target::gfx1030;
  std::string command = old ? "llvm-mc-15" : "llvm-mc-19";
  command += " -triple=amdgcn-amd-amdhsa --show-encoding -mcpu=" + std::string(name_of(target)) +
             " -o " + folder.file("listing") + " " + folder.file("instructions.s");
  run_tool(command, folder.file("log"));
  const std::vector<std::vector<u8>> all = encodings(contents_of(folder.file("listing")));
  std::vector<std::vector<u8>> result;
  std::size_t next = 0;
  for (const std::size_t count : counts) {
    std::vector<u8> bytes;
    for (std::size_t i = 0; i < count; ++i, ++next) {
      bytes.insert(bytes.end(), all.at(next).begin(), all.at(next).end());
    }
    result.push_back(bytes);
  }
  if (next != all.size()) throw std::runtime_error("llvm-mc gave another number of instructions");
  return result;
}

std::vector<u8> bytes_of(const std::vector<u32>& words) {
  constexpr u32 kEnd = 0xbf81'0000;
  std::vector<u32> all = words;
  all.push_back(kEnd);
  std::vector<u8> bytes;
  for (const u32 word : all) {
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<u8>(word >> (8 * i)));
  }
  return bytes;
}

Machine::Machine(Target target, std::vector<u8> code)
    : code_(std::move(code)), memory_(kMemoryBytes), wave_(std::make_unique<Wave>()) {
  kernel_.name = "probe";
  kernel_.target = target;
  kernel_.wave_size = target == Target::gfx1030 ? 32 : 64;
  kernel_.code_begin = kernel_.entry = reinterpret_cast<u64>(code_.data());
  kernel_.code_end = kernel_.code_begin + code_.size();
  kernel_.lds_bytes = kLdsBytes;
  kernel_.scratch_bytes = kScratchBytes;
  kernel_.vgprs = 256;
  kernel_.rsrc1 = 0xf0U << 12;
  scratch_.resize(std::size_t{kScratchBytes} * kernel_.wave_size);
  allocations_.add(reinterpret_cast<u64>(memory_.data()), memory_.size());
  block_.kernel = &kernel_;
  block_.allocations = &allocations_;
  reset();
}

Machine::~Machine() { forget_program(kernel_.code_begin); }

void Machine::reset() {
  WaveStart start;
  start.exec = lanes() == 64 ? ~u64{0} : 0xffff'ffffU;
  for (u32 r = 0; r < 64; ++r) start.sgprs.push_back(0xbad1'0000U + r);
  for (u32 r = 0; r < 32; ++r) {
    start.vgprs.emplace_back();
    for (u32 lane = 0; lane < lanes(); ++lane)
      start.vgprs.back().push_back(0xbad0'0000U + 256 * r + lane);
  }
  start_wave(*wave_, start, kernel_);
  block_.lds.assign(kLdsBytes, 0xff);
  block_.lds_written.assign(kLdsBytes + sizeof(u32), 0);
  std::fill(memory_.begin(), memory_.end(), u8{0});
  wave_->block = &block_;
  wave_->scratch = reinterpret_cast<u64>(scratch_.data());
  auto& s = wave_->scalar;
  const u64 memory = reinterpret_cast<u64>(memory_.data());
  s[40] = low_word(memory);
  s[41] = high_word(memory);
  wave_->vector[30].fill(low_word(memory));
  wave_->vector[31].fill(high_word(memory));
  // As AMDGPUUsage has the private segment buffer: swizzled, the lane's number added.
  s[44] = low_word(wave_->scratch);
  s[45] = high_word(wave_->scratch) | 0x8000'0000U;
  s[46] = ~0U;
  s[47] = 1U << 23;
  wave_->set_mask(ScalarRegister::kVcc, 0);
}

std::optional<Fault> Machine::run() {
  try {
    run_to_barrier(*wave_, program_of(kernel_));
  } catch (const Failure& failure) {
    return failure.fault;
  }
  return std::nullopt;
}

}  // namespace mlacheck::amd::test
