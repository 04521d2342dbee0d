// What a subject returns.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace mlacheck {

enum class StatusCode {
  ok,
  invalid_argument,  ///< refused before any launch; nothing was written
  unsupported,       ///< this variant cannot run here (a library or device feature is absent)
  launch_failed,     ///< the device refused or aborted a launch
  out_of_memory,
  compile_failed,  ///< a kernel that is compiled when it is called could not be
};

/// "out_of_memory".
constexpr std::string_view name_of(StatusCode code) {
  constexpr std::array<std::string_view, 6> kNames{
      "ok", "invalid_argument", "unsupported", "launch_failed", "out_of_memory", "compile_failed"};
  return kNames.at(static_cast<std::size_t>(code));
}

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  /// "argument out: stride (1,64,128) where the last axis must have stride 1".
  static Status invalid(std::string_view argument, std::string_view value,
                        std::string_view expected) {
    return {StatusCode::invalid_argument, "argument " + std::string(argument) + ": " +
                                              std::string(value) + " where " +
                                              std::string(expected)};
  }

  bool ok() const { return code_ == StatusCode::ok; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::ok;
  std::string message_;
};

}  // namespace mlacheck
