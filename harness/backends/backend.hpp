// A backend: an execution environment that can run subjects, and its memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/op/driver_work.hpp"
#include "harness/op/status.hpp"
#include "harness/verdict/finding.hpp"

namespace mlacheck {

/// How a range of backend memory may be used from now on. Sanitizer builds act on it; elsewhere it
/// has no effect.
enum class Use {
  initialized,
  uninitialized,  ///< a read that matters is reported (MSan)
  forbidden,      ///< any access is reported (ASan)
  allowed,
};

/// Where an inaccessible page lies relative to a buffer.
enum class Side { begin, end };

/// Bytes [offset, offset + length) of a buffer.
struct Range {
  std::size_t offset;
  std::size_t length;
};

/// The order of the threads of a block and of the blocks of a grid.
enum class Order { ascending, descending, seeded };

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// "cpu.w32", "cpu.w64", "cuda", "hip": the name under which subjects are registered.
  virtual std::string name() const = 0;

  /// Empty, or why this machine cannot run it.
  virtual std::string unavailable() const = 0;

  /// What it runs on, for reports: "AMD EPYC ..., 2 threads", "NVIDIA H200, driver 580.159".
  virtual std::string device() const = 0;

  /// True if several host threads may run cases at the same time.
  virtual bool concurrent() const = 0;

  /// 256-byte aligned memory of at least one byte; null when there is not enough.
  virtual std::byte* allocate(std::size_t bytes) = 0;
  virtual void free(std::byte* memory) = 0;
  /// Gives memory kept for reuse back.
  virtual void trim() {}
  /// From now on nothing is reused: every buffer is an allocation of its own and of just its size,
  /// so that compute-sanitizer knows its end, and that it has not been written.
  virtual void allocate_fresh() {}
  virtual Status upload(std::byte* to, const std::byte* from, std::size_t bytes) = 0;
  virtual Status download(std::byte* to, const std::byte* from, std::size_t bytes) = 0;
  virtual Status fill(std::byte* to, std::byte value, std::size_t bytes) = 0;

  /// Memory of exactly `bytes` bytes with an inaccessible page right behind its last byte
  /// (`Side::end`) or right in front of its first one (`Side::begin`). A kernel that touches that
  /// page kills its process or its context; where the backend can tell, the fault is noted with
  /// `name`. Null when there is not enough, or when the backend cannot guard. Freed by
  /// free_guarded().
  virtual std::byte* allocate_guarded(std::size_t /*bytes*/, Side /*side*/,
                                      const std::string& /*name*/) {
    return nullptr;
  }
  virtual void free_guarded(std::byte* /*memory*/) {}
  /// Why allocate_guarded() returned null; meaningful only after it did.
  virtual std::string guarded_unavailable() const { return name() + " has no guarded memory"; }

  /// `bytes` bytes of addresses that take memory only in the `touched` ranges (offset, length); an
  /// access elsewhere may fault; where the backend can tell, one outside all of them is noted with
  /// `name`. Null when the backend cannot.
  virtual std::byte* allocate_sparse(std::size_t /*bytes*/, const std::vector<Range>& /*touched*/,
                                     const std::string& /*name*/) {
    return nullptr;
  }
  /// The same, but every address can be accessed. What is read outside of the `touched` ranges is
  /// unspecified: one piece of memory may be mapped there many times.
  virtual std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched,
                                     const std::string& name) {
    return allocate_sparse(bytes, touched, name);
  }
  /// Which pages of memory from allocate_spread() were touched; nothing where the system cannot tell.
  virtual std::optional<std::vector<Range>> touched_pages(const std::byte* /*memory*/) {
    return std::nullopt;
  }
  virtual void free_sparse(std::byte* /*memory*/) {}
  /// Why allocate_sparse() or allocate_spread() returned null; meaningful only after one of them
  /// did.
  virtual std::string sparse_unavailable() const { return name() + " has no sparse memory"; }

  /// Records what is launched between the two calls instead of running it; replay() runs the
  /// record. Memory that was allocated meanwhile must stay.
  virtual bool can_capture() const { return false; }
  virtual Status begin_capture() { return {StatusCode::unsupported, "cannot capture launches"}; }
  virtual Status end_capture() { return {StatusCode::unsupported, "cannot capture launches"}; }
  /// The number of launches in the last capture; nothing where the backend cannot tell. Work that
  /// was not launched through the backend is not counted.
  virtual std::optional<std::size_t> captured_launches() const { return std::nullopt; }
  virtual Status replay() { return {StatusCode::unsupported, "cannot capture launches"}; }
  /// Runs the launches of the record in their order, of each only the blocks listed for it. A
  /// block's number counts x fastest.
  virtual bool can_choose_blocks() const { return false; }
  virtual Status replay_blocks(const std::vector<std::vector<std::uint64_t>>& /*blocks*/) {
    return {StatusCode::unsupported, "cannot run blocks alone"};
  }

  /// The order in which threads and blocks get to run, where the backend can choose.
  virtual void set_order(Order /*order*/, std::uint64_t /*seed*/) {}
  virtual bool can_order() const { return false; }

  /// Counts what this thread asks of the vendor's driver from watch() to watched(), calls of the
  /// backend itself left out. Nothing where the driver cannot be watched; watch_unavailable() says
  /// why then.
  virtual void watch() {}
  virtual std::optional<DriverWork> watched() { return std::nullopt; }
  virtual std::string watch_unavailable() const { return "no driver to watch"; }

  virtual void* stream() = 0;

  /// Waits for everything launched so far and returns the first failure.
  virtual Status synchronize() = 0;

  virtual void declare(std::byte* memory, std::size_t bytes, Use use) = 0;

  /// Offset of the first byte that was never initialised, as far as the build can know.
  virtual std::optional<std::size_t> first_uninitialized(const std::byte* memory,
                                                         std::size_t bytes) = 0;

  /// Why the backend itself could not carry out a launch since the last call, on this host thread:
  /// for want of memory, say. Empty if it could. The kernel is not the cause.
  virtual std::string drain_failure() { return {}; }

  /// Findings of the executor and of sanitizers since the last call, on this host thread.
  virtual std::vector<Finding> drain_findings() = 0;
};

/// All backends of this build, available or not, in a fixed order.
std::vector<std::unique_ptr<Backend>> make_backends();

}  // namespace mlacheck
