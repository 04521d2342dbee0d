// Messages over a socket pair: a length and that many bytes.
#pragma once

#include <string>
#include <string_view>

namespace mlacheck {

enum class Received { message, closed, timeout, broken };

/// False if the other side is gone.
bool send_message(int socket, std::string_view message);

/// Waits at most `seconds` (negative: for ever) for the whole message.
Received receive_message(int socket, double seconds, std::string& message);

}  // namespace mlacheck
