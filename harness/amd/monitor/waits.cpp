#include "harness/amd/monitor/waits.hpp"

#include <charconv>
#include <string>
#include <string_view>

#include "harness/amd/decode/register_names.hpp"
#include "harness/amd/global/address.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/failure.hpp"

namespace mlacheck::amd {
namespace {

// "lgkmcnt(3)" in the text of s_waitcnt; nothing for a counter that it does not name.
std::optional<u64> named_count(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + name.size());
  u64 count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc()) return std::nullopt;
  return count;
}

bool is_pair(const Operation& operation) {
  const std::string& name = operation.instruction->mnemonic;
  return name.starts_with("ds_read2") || name.starts_with("ds_write2");
}

}  // namespace

void Waits::begin_wave() {
  for (auto& queue : queues_) queue.clear();
  loads_.resize(1);
  free_.clear();
  lds_writers_.clear();
  vector_.fill(0);
  scalar_.fill(0);
}

void Waits::expect_arrived(const Wave& wave, const Operation& operation, const Registers& registers,
                           const char* use, Class writer) const {
  for (unsigned word = registers.first; word < registers.first + registers.count; ++word) {
    const unsigned load = registers.vector ? vector_.at(word) : scalar_.at(word);
    if (load == 0) [[likely]]
      continue;
    const Load& from = loads_[load];
    // A load of the same class comes later, and so does its value.
    if (writer != Class::any && writer == from.order) continue;
    fail(wave, operation, Fault::Kind::wait,
         "register " + name_of_word(registers.vector, word) + " is " + use + " while '" +
             from.instruction->text + "' at entry + " +
             hexadecimal(from.pc - wave.block->kernel->entry) +
             " may still be loading it: no s_waitcnt in between covers that load");
  }
}

void Waits::arrived(unsigned load) {
  if (load == 0 || --loads_[load].counters != 0) return;
  for (const Registers& target : loads_[load].targets) {
    for (unsigned word = target.first; word < target.first + target.count; ++word) {
      if (pending(target.vector, word) == load) pending(target.vector, word) = 0;
    }
  }
  std::erase(lds_writers_, load);
  free_.push_back(load);
}

// What an LDS instruction writes, and loads to LDS: lane l's n dwords at lds_target() + 4 n l.
void Waits::note_lds(const Wave& wave, const Operation& operation, const Effects& effects,
                     Load& load) {
  load.lds.clear();
  load.from_memory = effects.to_lds;
  load.lds_bytes = effects.atomic ? 4U : operation.element.bytes;
  const u32 first = effects.to_lds ? lds_target(wave, operation) : 0;
  each_lane(wave.exec(), [&](unsigned lane) {
    if (effects.to_lds) {
      load.lds.push_back(first + load.lds_bytes * lane);
      return;
    }
    const u32 begin = wave.vector[operation.source[0].index][lane];
    load.lds.push_back(begin + static_cast<u32>(operation.offset));
    if (is_pair(operation)) load.lds.push_back(begin + static_cast<u32>(operation.offset1));
  });
}

void Waits::expect_landed(const Wave& reader, const Operation& operation, const Effects& effects,
                          bool own) const {
  if (lds_writers_.empty() || effects.unit != Effects::Unit::lds || effects.exchange) return;
  if (!effects.loads) return;
  const u32 bytes = effects.atomic ? 4U : operation.element.bytes;
  for (const unsigned number : lds_writers_) {
    const Load& load = loads_[number];
    if (own && !load.from_memory) continue;
    each_lane(reader.exec(), [&](unsigned lane) {
      const u32 address = reader.vector[operation.source[0].index][lane];
      for (const i64 offset : {operation.offset, operation.offset1}) {
        const u32 begin = address + static_cast<u32>(offset);
        for (const u32 written : load.lds) {
          if (written >= begin + bytes || begin >= written + load.lds_bytes) continue;
          fail(reader, operation, Fault::Kind::wait,
               "LDS at " + std::to_string(written) + " is read while '" + load.instruction->text +
                   "' of " + (own ? "this wave" : "another wave") + " at entry + " +
                   hexadecimal(load.pc - reader.block->kernel->entry) +
                   " may still be writing it: no s_waitcnt of that wave covers it",
               lane);
        }
        if (!is_pair(operation)) break;
      }
    });
  }
}

// With at most `most` events left, an event has surely ended if more than `most` would be left without it:
// itself and those that cannot end before it does.
void Waits::wait(Counter counter, u64 most) {
  std::vector<Event>& events = queue(counter);
  std::array<u64, 2> later{};  // of each class that keeps its order
  std::vector<Event> left;
  for (std::size_t i = events.size(); i-- > 0;) {
    const Event& event = events[i];
    u64 after = 0;
    if (event.order != Class::any) after = later[static_cast<std::size_t>(event.order)]++;
    if (after + 1 > most) {
      arrived(event.load);
    } else {
      left.push_back(event);
    }
  }
  events.assign(left.rbegin(), left.rend());
}

void Waits::wait_by_text(const Instruction& instruction) {
  const std::string& name = instruction.mnemonic;
  if (name == "s_waitcnt") {
    if (instruction.operands.size() == 1 && instruction.operands[0].kind == Operand::Kind::number) {
      const auto bits = static_cast<u32>(instruction.operands[0].number);
      wait(Counter::vector, (bits & 0xfU) | (bits >> 14 & 3U) << 4);
      const u32 other = bits >> 8 & (target_ == Target::gfx1030 ? 0x3fU : 0xfU);
      wait(Counter::lds_and_scalar, other);
      return;
    }
    if (const auto count = named_count(instruction.text, "vmcnt(")) wait(Counter::vector, *count);
    if (const auto count = named_count(instruction.text, "lgkmcnt(")) {
      wait(Counter::lds_and_scalar, *count);
    }
    return;
  }
  // s_waitcnt_vscnt and its like have a register, which LLVM makes null, and a number.
  const Operand& last = instruction.operands.back();
  if (last.kind != Operand::Kind::number) return;
  const auto count = static_cast<u64>(last.number);
  if (name == "s_waitcnt_vscnt") wait(Counter::store, count);
  if (name == "s_waitcnt_vmcnt") wait(Counter::vector, count);
  if (name == "s_waitcnt_lgkmcnt") wait(Counter::lds_and_scalar, count);
}

Waits::Class Waits::class_of(const Effects& effects) {
  if (!effects.loads) return Class::any;
  if (effects.unit == Effects::Unit::memory) return Class::memory;
  return effects.unit == Effects::Unit::lds ? Class::lds : Class::any;
}

void Waits::issue(const Wave& wave, const Operation& operation, const Effects& effects) {
  using Unit = Effects::Unit;
  unsigned load = 0;
  const bool writes_lds = effects.to_lds || (effects.unit == Unit::lds && effects.stores);
  if ((effects.loads && !effects.writes.empty()) || writes_lds) {
    if (free_.empty()) {
      load = static_cast<unsigned>(loads_.size());
      loads_.emplace_back();
    } else {
      load = free_.back();
      free_.pop_back();
    }
    Load& noted = loads_[load];
    noted.targets = effects.writes;
    noted.order = class_of(effects);
    noted.counters = 1;
    noted.pc = wave.pc - operation.bytes;
    noted.instruction = operation.instruction;
    if (writes_lds) {
      note_lds(wave, operation, effects, noted);
      lds_writers_.push_back(load);
    }
    for (const Registers& target : effects.writes) {
      for (unsigned word = target.first; word < target.first + target.count; ++word) {
        pending(target.vector, word) = static_cast<u16>(load);
      }
    }
  }
  switch (effects.unit) {
    case Unit::scalar_memory:
      queue(Counter::lds_and_scalar).push_back({Class::any, load});
      break;
    case Unit::lds:
      queue(Counter::lds_and_scalar).push_back({Class::lds, load});
      break;
    case Unit::memory: {
      // gfx10 counts stores, and atomics that return nothing, by themselves.
      const bool apart = target_ == Target::gfx1030 && !effects.loads;
      queue(apart ? Counter::store : Counter::vector).push_back({Class::memory, load});
      break;
    }
    case Unit::flat: {
      // Until its addresses are known it may be either; the other counter goes down by itself.
      const bool apart = target_ == Target::gfx1030 && !effects.loads;
      queue(apart ? Counter::store : Counter::vector).push_back({Class::any, load});
      queue(Counter::lds_and_scalar).push_back({Class::any, load});
      if (load != 0) loads_[load].counters = 2;
      break;
    }
    default:
      break;
  }
}

void Waits::step(const Wave& wave, const Operation& operation, const Effects& effects) {
  for (const Registers& read : effects.reads) {
    expect_arrived(wave, operation, read, "read", Class::any);
  }
  for (const Registers& write : effects.writes) {
    expect_arrived(wave, operation, write, "overwritten", class_of(effects));
  }
  if (effects.reaches_memory()) {
    issue(wave, operation, effects);
  } else if (operation.instruction->mnemonic.starts_with("s_waitcnt")) {
    wait_by_text(*operation.instruction);
  }
}

}  // namespace mlacheck::amd
