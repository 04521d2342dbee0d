// Counters of outstanding memory instructions; registers and LDS that are used before their wait.
#pragma once

#include <array>
#include <vector>

#include "harness/amd/monitor/effects.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// What one wave waits for. A load's register holds its value from an s_waitcnt on after which the
/// counter cannot count that load any more, whatever order the hardware chose.
class Waits {
 public:
  explicit Waits(Target target) : target_(target) {}
  void begin_wave();

  /// Before the instruction runs. Throws Failure for a register whose load may be on its way.
  void step(const Wave& wave, const Operation& operation, const Effects& effects);

  /// Before a wave reads LDS: throws Failure for bytes that this object's wave may still be writing. LDS
  /// instructions of one wave are in order, so that `own` ones are no concern but for loads to LDS.
  void expect_landed(const Wave& reader, const Operation& operation, const Effects& effects,
                     bool own) const;

 private:
  /// Events of one class return in the order in which they were issued; those of `any` in any order.
  enum class Class : u8 { memory, lds, any };
  enum class Counter : u8 { vector, store, lds_and_scalar };
  struct Event {
    Class order = Class::any;
    unsigned load = 0;  ///< in loads_; 0: none that gives a register its value
  };
  struct Load {
    std::vector<Registers> targets;
    Class order = Class::any;
    unsigned counters = 0;  ///< that still count it
    std::vector<u32> lds;   ///< where it writes LDS: an address for each lane
    u32 lds_bytes = 0;      ///< of each
    bool from_memory = false;
    u64 pc = 0;
    std::shared_ptr<const Instruction> instruction;
  };

  static Class class_of(const Effects& effects);
  std::vector<Event>& queue(Counter counter) { return queues_[static_cast<std::size_t>(counter)]; }
  void expect_arrived(const Wave& wave, const Operation& operation, const Registers& registers,
                      const char* use, Class writer) const;
  void note_lds(const Wave& wave, const Operation& operation, const Effects& effects, Load& load);
  void issue(const Wave& wave, const Operation& operation, const Effects& effects);
  void wait(Counter counter, u64 most);
  void wait_by_text(const Instruction& instruction);
  void arrived(unsigned load);
  u16& pending(bool vector, unsigned word) { return vector ? vector_[word] : scalar_[word]; }

  Target target_;
  std::array<std::vector<Event>, 3> queues_;
  std::vector<Load> loads_{1};
  std::vector<unsigned> free_;
  std::vector<unsigned> lds_writers_;  // of the loads
  // By register: the load that is on its way to it, 0 for none.
  std::array<u16, 512> vector_{};
  std::array<u16, 256> scalar_{};
};

}  // namespace mlacheck::amd
