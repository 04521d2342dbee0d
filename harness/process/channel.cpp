#include "harness/process/channel.hpp"

#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

namespace mlacheck {
namespace {

// Messages are far shorter; a longer one is garbage.
constexpr std::uint32_t kLongest = 64U << 20;
// Memory is taken in such parts as bytes arrive, in case the length is garbage.
constexpr std::size_t kPart = std::size_t{1} << 18;

std::uint32_t length_in(const std::array<char, 12>& header) {
  std::uint32_t length = 0;
  std::memcpy(&length, header.data(), sizeof length);
  return length;
}

}  // namespace

bool send_message(int socket, std::uint64_t number, std::string_view message) {
  const auto length = static_cast<std::uint32_t>(message.size());
  std::string framed(sizeof length + sizeof number, '\0');
  std::memcpy(framed.data(), &length, sizeof length);
  std::memcpy(framed.data() + sizeof length, &number, sizeof number);
  framed += message;
  std::size_t done = 0;
  while (done < framed.size()) {
    const ssize_t sent = send(socket, framed.data() + done, framed.size() - done, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  return true;
}

std::uint64_t MessageReader::number() const {
  std::uint64_t number = 0;
  std::memcpy(&number, header_.data() + sizeof(std::uint32_t), sizeof number);
  return number;
}

MessageReader::State MessageReader::take(int socket) {
  while (true) {
    const bool in_header = got_ < header_.size();
    const std::uint32_t length = in_header ? 0 : length_in(header_);
    if (length > kLongest) return State::broken;
    if (!in_header && message_.size() == length) return State::complete;
    const std::size_t before = message_.size();
    const std::size_t wanted =
        in_header ? header_.size() - got_ : std::min<std::size_t>(length - before, kPart);
    if (!in_header) message_.resize(before + wanted);
    char* const to = in_header ? header_.data() + got_ : message_.data() + before;
    const ssize_t count = recv(socket, to, wanted, MSG_DONTWAIT);
    const std::size_t taken = count > 0 ? static_cast<std::size_t>(count) : 0;
    if (in_header) {
      got_ += taken;
    } else {
      message_.resize(before + taken);
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return State::incomplete;
    if (count <= 0) return got_ == 0 ? State::closed : State::broken;
  }
}

bool receive_message(int socket, std::uint64_t& number, std::string& message) {
  MessageReader reader;
  while (true) {
    const MessageReader::State state = reader.take(socket);
    if (state == MessageReader::State::complete) break;
    if (state != MessageReader::State::incomplete) return false;
    pollfd waiting{socket, POLLIN, 0};
    if (poll(&waiting, 1, -1) < 0 && errno != EINTR) return false;
  }
  number = reader.number();
  message = std::move(reader.message());
  return true;
}

bool has_pending_bytes(int socket) {
  char byte = 0;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

std::uint64_t draw_number() {
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) == sizeof number) return number;
  std::random_device device;
  return (std::uint64_t{device()} << 32) ^ device();
}

}  // namespace mlacheck
