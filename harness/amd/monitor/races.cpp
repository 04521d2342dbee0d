#include "harness/amd/monitor/races.hpp"

#include <string>

#include "harness/amd/global/address.hpp"
#include "harness/amd/wave/each_lane.hpp"
#include "harness/amd/wave/failure.hpp"
#include "harness/amd/wave/scalars.hpp"

namespace mlacheck::amd {
namespace {

using Unit = Effects::Unit;

// Bytes of an atomic: of what its data registers hold, half of them if it compares.
unsigned atomic_bytes(const Operation& operation) {
  const std::string& name = operation.instruction->mnemonic;
  const bool wide = name.find("_x2") != std::string::npos || name.find("64") != std::string::npos;
  return wide ? 8 : 4;
}

// glc alone, or sc1 on gfx942; with slc it is what LLVM makes of a load that is not worth keeping.
bool coherent(const Operation& operation) {
  const Instruction& instruction = *operation.instruction;
  if (instruction.modifier("sc1") != nullptr) return true;
  return instruction.modifier("glc") != nullptr && instruction.modifier("slc") == nullptr;
}

}  // namespace

void Races::begin_block(const BlockStart& start) {
  const auto waves = static_cast<u32>(start.waves.size());
  order_.begin_block(start.first_wave / waves, waves);
  lds_.assign(start.lds_bytes, {});
  suspected_.clear();
}

void Races::barrier() {
  if (!suspected_.empty()) throw Failure{suspected_.begin()->second};
  order_.barrier();
}

void Races::suspect(unsigned reader, const Access& access, u64 address, Order::Segment other,
                    const char* did) {
  const Place place{reader, access.space[0] == 'L', address};
  if (suspected_.contains(place)) return;
  try {
    report(access, address, other, did);
  } catch (const Failure& failure) {
    suspected_.emplace(place, failure.fault);
  }
}

void Races::report(const Access& access, u64 address, Order::Segment other, const char* did) const {
  const bool own_block = order_.same_block(other);
  const char* const does = access.effects.atomic   ? "an atomic changes"
                           : access.effects.stores ? "a store changes"
                           : access.effects.to_lds && access.space[0] == 'L'
                               ? "a load to LDS changes"
                               : "a load reads";
  fail(access.wave, access.operation, Fault::Kind::race,
       std::string("race in ") + access.space + ": " + does + " the byte at " +
           hexadecimal(address) + ", which " + order_.name_of(other) + " " + did +
           (own_block ? " since the last barrier" : ", and nothing orders the two blocks"),
       access.lane);
}

void Races::touch(const Access& access, Byte& byte, u64 address) {
  const unsigned wave = access.wave.number;
  const Order::Segment mine = order_.current(wave);
  const bool writes = access.effects.stores || (access.effects.to_lds && access.space[0] == 'L');
  const bool atomic = access.effects.atomic;
  if (access.coherent) {
    for (const Order::Segment writer : {byte.written, byte.atomic}) {
      if (writer != Order::kNone) order_.acquire(writer);
    }
    return;
  }
  if (access.swaps) {
    suspected_.erase({wave, access.space[0] == 'L', address});
    for (Order::Segment* const reader : {&byte.read, &byte.also_read}) {
      if (*reader != Order::kNone && order_.same_wave(*reader, wave)) *reader = Order::kNone;
    }
  }
  if (!writes && byte.by_atomic) {
    for (const Order::Segment writer : {byte.written, byte.atomic}) {
      if (writer != Order::kNone && writer != mine && order_.concurrent(writer, wave)) {
        suspect(wave, access, address, writer, "has written");
      }
    }
  } else if (byte.written != Order::kNone && byte.written != mine &&
             order_.concurrent(byte.written, wave) && !(atomic && byte.by_atomic)) {
    report(access, address, byte.written, "has written");
  }
  if (byte.atomic != Order::kNone && writes && !atomic && order_.concurrent(byte.atomic, wave)) {
    report(access, address, byte.atomic, "has written");
  }
  if (writes) {
    for (const Order::Segment reader : {byte.read, byte.also_read}) {
      if (reader == Order::kNone || reader == mine || !order_.concurrent(reader, wave)) continue;
      if (!atomic || !order_.same_block(reader)) report(access, address, reader, "has read");
      suspect(order_.wave_of(reader), access, address, reader, "has read");
    }
    if (atomic && byte.by_atomic && !order_.same_wave(byte.written, wave)) {
      byte.atomic = byte.written;
    } else if (!atomic) {
      byte.atomic = Order::kNone;
    }
    byte.written = mine;
    byte.by_atomic = atomic;
    return;
  }
  if (byte.read != mine) {
    if (byte.read != Order::kNone && !order_.same_wave(byte.read, wave)) byte.also_read = byte.read;
    byte.read = mine;
  }
}

void Races::touch_lds(const Access& access, u64 address, unsigned bytes) {
  if (address + bytes > lds_.size()) return;  // the handler reports it
  for (unsigned i = 0; i < bytes; ++i) touch(access, lds_[address + i], address + i);
}

Races::Byte& Races::global_byte(u64 address) {
  const u64 number = address / kPage;
  if (number != last_page_) {
    auto& page = pages_[number];
    if (page == nullptr) page = std::make_unique<Page>();
    last_page_ = number;
    last_ = page.get();
  }
  return (*last_)[address % kPage];
}

void Races::touch_global(const Access& access, u64 address, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) touch(access, global_byte(address + i), address + i);
  if (access.effects.atomic) order_.atomic(access.wave.number, address, access.effects.loads);
}

void Races::step_lds(Access access) {
  if (access.effects.exchange) return;
  access.space = "LDS";
  const Operation& operation = access.operation;
  const std::string& name = operation.instruction->mnemonic;
  access.swaps = name.starts_with("ds_cmpst");
  const bool pair = name.starts_with("ds_read2") || name.starts_with("ds_write2");
  const unsigned bytes =
      access.effects.atomic ? atomic_bytes(operation) : unsigned{operation.element.bytes};
  each_lane(access.wave.exec(), [&](unsigned lane) {
    access.lane = lane;
    const u32 address = access.wave.vector[operation.source[0].index][lane];
    touch_lds(access, address + static_cast<u32>(operation.offset), bytes);
    if (pair) touch_lds(access, address + static_cast<u32>(operation.offset1), bytes);
  });
}

void Races::step_memory(Access access) {
  const Operation& operation = access.operation;
  const Wave& wave = access.wave;
  const std::string& name = operation.instruction->mnemonic;
  if (name.starts_with("scratch_")) return;
  access.swaps = name.find("_atomic_cmpswap") != std::string::npos;
  access.coherent = !access.effects.stores && !access.effects.to_lds && coherent(operation);
  const bool buffer = name.starts_with("buffer_");
  const Buffer descriptor = buffer ? buffer_of(wave, operation) : Buffer{};
  if (descriptor.swizzled) return;
  const unsigned bytes =
      access.effects.atomic ? atomic_bytes(operation) : unsigned{operation.element.bytes};
  const u64 to_lds = access.effects.to_lds ? lds_target(wave, operation) : 0;
  each_lane(wave.exec(), [&](unsigned lane) {
    access.lane = lane;
    if (access.effects.to_lds) {
      access.space = "LDS";
      touch_lds(access, to_lds + bytes * u64{lane}, bytes);
    }
    access.space = "memory";
    if (!buffer) {
      const u64 address = global_address(wave, operation, lane);
      if (address >> 32 == kSharedAperture >> 32) {
        access.space = "LDS";
        return touch_lds(access, low_word(address), bytes);
      }
      if (address >> 32 == kPrivateAperture >> 32) return;
      return touch_global(access, address, bytes);
    }
    const i64 offset = buffer_offset(wave, operation, descriptor, lane);
    for (unsigned at = 0; at < bytes; at += 4) {
      const unsigned part = std::min(bytes - at, 4U);
      if (offset + at + part > i64{descriptor.records}) continue;
      touch_global(access, descriptor.base + static_cast<u64>(offset) + at, part);
    }
  });
}

void Races::step_scalar(const Access& access) {
  const Operation& operation = access.operation;
  const u64 address =
      (scalar64(access.wave, operation.source[0]) + scalar32(access.wave, operation.source[1]) +
       static_cast<u64>(operation.offset)) &
      ~u64{3};
  touch_global(access, address, 4U * operation.count);
}

void Races::step(const Wave& wave, const Operation& operation, const Effects& effects) {
  if (!effects.reaches_memory()) return;
  const Access access{wave, operation, effects, "memory"};
  switch (effects.unit) {
    case Unit::lds:
      return step_lds(access);
    case Unit::memory:
    case Unit::flat:
      return step_memory(access);
    case Unit::scalar_memory:
      return step_scalar(access);
    default:
      return;
  }
}

}  // namespace mlacheck::amd
