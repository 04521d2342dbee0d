// Conflicting accesses to LDS and to global memory that nothing orders.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "harness/amd/kernel.hpp"
#include "harness/amd/monitor/effects.hpp"
#include "harness/amd/monitor/order.hpp"
#include "harness/amd/wave/wave.hpp"

namespace mlacheck::amd {

/// Two accesses to a byte conflict if they are of two waves, one of them writes and not both are atomic.
/// Lanes of one wave are in step and never race.
class Races {
 public:
  void begin_block(const BlockStart& start);
  /// Throws Failure for a load that raced an atomic and turned out not to begin a compare-and-swap.
  void barrier();

  /// Before the instruction runs. Throws Failure.
  void step(const Wave& wave, const Operation& operation, const Effects& effects);

 private:
  /// Who wrote a byte last, and who has read it since.
  struct Byte {
    Order::Segment written = Order::kNone;
    Order::Segment read = Order::kNone;
    Order::Segment also_read = Order::kNone;  ///< by another wave
    Order::Segment atomic = Order::kNone;     ///< another wave's atomic before the last one
    bool by_atomic = false;                   ///< `written` is an atomic
  };
  static constexpr u64 kPage = 4096;
  using Page = std::array<Byte, kPage>;
  struct Access {
    const Wave& wave;
    const Operation& operation;
    const Effects& effects;
    const char* space;
    unsigned lane = 0;
    /// A load past the caches, as LLVM makes atomic and volatile ones: it races nobody.
    bool coherent = false;
    bool swaps = false;  ///< compare-and-swap
  };
  /// Wave, and address of a byte: in memory, or in LDS.
  using Place = std::tuple<unsigned, bool, u64>;

  Byte& global_byte(u64 address);
  void touch(const Access& access, Byte& byte, u64 address);
  /// A plain load by this wave and an atomic of another one. Where the wave goes on to a compare-and-swap of
  /// the same place, the load was a first guess, whatever it saw; else it is a race.
  void suspect(unsigned reader, const Access& access, u64 address, Order::Segment other,
               const char* did);
  void touch_lds(const Access& access, u64 address, unsigned bytes);
  void touch_global(const Access& access, u64 address, unsigned bytes);
  void step_lds(Access access);
  void step_memory(Access access);
  void step_scalar(const Access& access);
  [[noreturn]] void report(const Access& access, u64 address, Order::Segment other,
                           const char* did) const;

  Order order_;
  std::vector<Byte> lds_;
  std::map<Place, Fault> suspected_;
  std::unordered_map<u64, std::unique_ptr<Page>> pages_;  // of global memory, by address / kPage
  u64 last_page_ = ~u64{0};
  Page* last_ = nullptr;
};

}  // namespace mlacheck::amd
