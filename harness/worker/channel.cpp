#include "harness/worker/channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace mlacheck {
namespace {

using Clock = std::chrono::steady_clock;

// No message of ours comes near; a length beyond is garbage.
constexpr std::uint32_t kLongest = 64U << 20;

class Deadline {
 public:
  explicit Deadline(double seconds)
      : forever_(seconds < 0),
        end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double>(std::max(seconds, 0.0)))) {}

  // For poll: rounded up, so that it never spins.
  int milliseconds_left() const {
    if (forever_) return -1;
    const double left = std::chrono::duration<double, std::milli>(end_ - Clock::now()).count();
    return static_cast<int>(std::clamp(std::ceil(left), 0.0, 1e9));
  }

 private:
  bool forever_;
  Clock::time_point end_;
};

Received receive_bytes(int socket, const Deadline& deadline, char* to, std::size_t bytes) {
  while (bytes > 0) {
    pollfd waiting{socket, POLLIN, 0};
    const int ready = poll(&waiting, 1, deadline.milliseconds_left());
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return Received::timeout;
    const ssize_t got = recv(socket, to, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Received::closed;
    to += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return Received::message;
}

bool send_bytes(int socket, const char* from, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t sent = send(socket, from, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    from += sent;
    bytes -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

bool send_message(int socket, std::string_view message) {
  const auto length = static_cast<std::uint32_t>(message.size());
  std::string framed(sizeof length, '\0');
  std::memcpy(framed.data(), &length, sizeof length);
  framed += message;
  return send_bytes(socket, framed.data(), framed.size());
}

Received receive_message(int socket, double seconds, std::string& message) {
  const Deadline deadline(seconds);
  std::uint32_t length = 0;
  std::array<char, sizeof length> header{};
  Received received = receive_bytes(socket, deadline, header.data(), header.size());
  if (received != Received::message) return received;
  std::memcpy(&length, header.data(), sizeof length);
  if (length > kLongest) return Received::broken;
  message.resize(length);
  received = receive_bytes(socket, deadline, message.data(), length);
  return received == Received::closed ? Received::broken : received;
}

}  // namespace mlacheck
