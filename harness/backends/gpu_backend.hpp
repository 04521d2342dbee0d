// What the cuda and hip backends share. `Api` maps a handful of names to one vendor's runtime; only
// calls that every HIP implementation offers are used.
//
//   struct Api {
//     static constexpr const char* kName;
//     using Error; using Stream;
//     static bool ok(Error); static std::string text(Error);
//     static Error device_count(int*); static std::string device_name();
//     static Error create_stream(Stream*); static Error synchronize(Stream);
//     static Error allocate(void**, size_t); static Error free(void*);
//     static Error copy_to_device(void*, const void*, size_t, Stream);
//     static Error copy_to_host(void*, const void*, size_t, Stream);
//     static Error fill(void*, int, size_t, Stream);
//     static std::byte* allocate_guarded(size_t, Side);           null: cannot
//     static std::byte* allocate_sparse(size_t, vector<Range>);   null: cannot
//     static std::byte* allocate_spread(size_t, vector<Range>);   null: cannot
//     static optional<vector<Range>> touched_pages(const std::byte*);   may be left out
//     static void free_mapped(std::byte*);
//     static std::string mapping_unavailable();   why one of the three was null; may be left out
//     struct WatchPause;                          while it lives, driver calls are the harness's
//     static void watch(); static std::optional<DriverWork> watched();
//     static std::string watch_unavailable();
//     static constexpr bool kCaptures;
//     static Error begin_capture(Stream); end_capture(Stream); replay(Stream);
//     static bool can_choose_blocks();            the two may be left out
//     static Status replay_blocks(vector<vector<uint64_t>>);
//   };
#pragma once

#include <algorithm>
#include <bit>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/backends/backend.hpp"

namespace mlacheck {

template <class Api>
class GpuBackend final : public Backend {
 public:
  GpuBackend() {
    int devices = 0;
    const auto counted = Api::device_count(&devices);
    if (!Api::ok(counted)) {
      unavailable_ = "no usable device: " + Api::text(counted);
    } else if (devices == 0) {
      unavailable_ = "no device found";
    } else if (const auto made = Api::create_stream(&stream_); !Api::ok(made)) {
      unavailable_ = "no stream: " + Api::text(made);
    }
  }

  std::string name() const override { return Api::kName; }
  std::string unavailable() const override { return unavailable_; }
  std::string device() const override {
    return unavailable_.empty() ? Api::device_name() : unavailable_;
  }
  bool concurrent() const override { return false; }

  ~GpuBackend() override { trim(); }

  /// Freed buffers wait for reuse by one of the same class of sizes: the runs of a case ask for the
  /// same sizes again, and other cases for similar ones.
  std::byte* allocate(std::size_t wanted) override {
    const typename Api::WatchPause pause;
    const std::size_t bytes = fresh_ ? wanted : size_class(wanted);
    const auto kept = kept_.find(bytes);
    if (kept != kept_.end()) {
      std::byte* memory = kept->second;
      kept_.erase(kept);
      sizes_[memory] = bytes;
      return memory;
    }
    void* memory = nullptr;
    if (!Api::ok(Api::allocate(&memory, bytes))) {
      trim();
      if (!Api::ok(Api::allocate(&memory, bytes))) return nullptr;
    }
    sizes_[static_cast<std::byte*>(memory)] = bytes;
    return static_cast<std::byte*>(memory);
  }
  void free(std::byte* memory) override {
    const typename Api::WatchPause pause;
    constexpr std::size_t kKept = 512;
    const auto size = sizes_.find(memory);
    kept_.emplace(size->second, memory);
    sizes_.erase(size);
    if (fresh_ || kept_.size() > kKept) trim();
  }
  void trim() override {
    for (const auto& [bytes, memory] : kept_) ignore(Api::free(memory));
    kept_.clear();
  }
  void allocate_fresh() override {
    fresh_ = true;
    trim();
  }
  /// Pageable memory is staged before the call returns, so no wait is needed.
  Status upload(std::byte* to, const std::byte* from, std::size_t bytes) override {
    const typename Api::WatchPause pause;
    return status(Api::copy_to_device(to, from, bytes, stream_), "copy to device");
  }
  Status download(std::byte* to, const std::byte* from, std::size_t bytes) override {
    const typename Api::WatchPause pause;
    const Status copied = status(Api::copy_to_host(to, from, bytes, stream_), "copy to host");
    return copied.ok() ? synchronize() : copied;
  }
  Status fill(std::byte* to, std::byte value, std::size_t bytes) override {
    const typename Api::WatchPause pause;
    return status(Api::fill(to, std::to_integer<int>(value), bytes, stream_), "fill");
  }
  std::byte* allocate_guarded(std::size_t bytes, Side side, const std::string&) override {
    return Api::allocate_guarded(bytes, side);
  }
  void free_guarded(std::byte* memory) override { Api::free_mapped(memory); }
  std::byte* allocate_sparse(std::size_t bytes, const std::vector<Range>& touched,
                             const std::string& /*name*/) override {
    return Api::allocate_sparse(bytes, touched);
  }
  std::byte* allocate_spread(std::size_t bytes, const std::vector<Range>& touched,
                             const std::string& /*name*/) override {
    return Api::allocate_spread(bytes, touched);
  }
  std::optional<std::vector<Range>> touched_pages(const std::byte* memory) override {
    if constexpr (requires { Api::touched_pages(memory); }) return Api::touched_pages(memory);
    return std::nullopt;
  }
  void free_sparse(std::byte* memory) override { Api::free_mapped(memory); }
  std::string guarded_unavailable() const override {
    return mapping_unavailable(Backend::guarded_unavailable());
  }
  std::string sparse_unavailable() const override {
    return mapping_unavailable(Backend::sparse_unavailable());
  }

  bool can_capture() const override { return Api::kCaptures; }
  Status begin_capture() override { return status(Api::begin_capture(stream_), "begin capture"); }
  Status end_capture() override { return status(Api::end_capture(stream_), "end capture"); }
  Status replay() override {
    const Status launched = status(Api::replay(stream_), "replay");
    return launched.ok() ? synchronize() : launched;
  }
  bool can_choose_blocks() const override {
    if constexpr (requires { Api::can_choose_blocks(); }) return Api::can_choose_blocks();
    return false;
  }
  Status replay_blocks(const std::vector<std::vector<std::uint64_t>>& blocks) override {
    if constexpr (requires { Api::replay_blocks(blocks); }) {
      const Status launched = Api::replay_blocks(blocks);
      return launched.ok() ? synchronize() : launched;
    } else {
      return Backend::replay_blocks(blocks);
    }
  }

  bool can_order() const override {
    if constexpr (requires { Api::can_order(); }) return Api::can_order();
    return false;
  }
  void set_order(Order order, std::uint64_t seed) override {
    if constexpr (requires { Api::can_order(); }) Api::set_order(order, seed);
  }

  void watch() override { Api::watch(); }
  std::optional<DriverWork> watched() override { return Api::watched(); }
  std::string watch_unavailable() const override { return Api::watch_unavailable(); }

  void* stream() override { return stream_; }
  Status synchronize() override {
    const typename Api::WatchPause pause;
    return status(Api::synchronize(stream_), "synchronize");
  }
  void declare(std::byte*, std::size_t, Use) override {}
  std::optional<std::size_t> first_uninitialized(const std::byte*, std::size_t) override {
    return std::nullopt;
  }
  std::vector<Finding> drain_findings() override { return {}; }

 private:
  static std::string mapping_unavailable(std::string what) {
    if constexpr (requires { Api::mapping_unavailable(); }) {
      if (const std::string reason = Api::mapping_unavailable(); !reason.empty()) {
        what += ": " + reason;
      }
    }
    return what;
  }
  // At most a quarter more than wanted.
  static std::size_t size_class(std::size_t wanted) {
    const std::size_t step = std::max<std::size_t>(std::bit_floor(wanted) / 4, 512);
    return (wanted + step - 1) / step * step;
  }
  static Status status(Api::Error error, const char* what) {
    if (Api::ok(error)) return {};
    return {StatusCode::launch_failed, std::string(what) + ": " + Api::text(error)};
  }
  static void ignore(Api::Error) {}  // a failed free follows an error already reported

  std::string unavailable_;
  std::unordered_map<std::byte*, std::size_t> sizes_;      // in use
  std::unordered_multimap<std::size_t, std::byte*> kept_;  // free, by size
  bool fresh_ = false;
  Api::Stream stream_{};
};

}  // namespace mlacheck
