// Messages over a socket pair: a length, the number of the question that they belong to, and that
// many bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlacheck {

/// False if the other side is gone.
bool send_message(int socket, std::uint64_t number, std::string_view message);

/// Puts a message together from what has arrived.
class MessageReader {
 public:
  enum class State { incomplete, complete, closed, broken };

  /// Takes what is there, without waiting and never more than one message.
  State take(int socket);

  std::uint64_t number() const;
  std::string& message() { return message_; }

 private:
  std::array<char, 12> header_{};
  std::size_t got_ = 0;  // bytes of the header
  std::string message_;
};

/// Waits for a whole message. False if the other side is gone or sends garbage.
bool receive_message(int socket, std::uint64_t& number, std::string& message);

/// Whether anything has arrived that has not been read.
bool has_pending_bytes(int socket);

/// A number that cannot be guessed.
std::uint64_t draw_number();

}  // namespace mlacheck
