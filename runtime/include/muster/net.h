// Sockets: Go's package net. A goroutine that waits here is parked ("IO wait"), and the record
// shows the descriptor, both addresses and the direction; no OS thread is blocked, but by the
// resolver.
//
// Networks: "tcp", "tcp4", "tcp6", "unix" (streams); "udp", "udp4", "udp6", "unixgram" (datagrams).
// Addresses: "127.0.0.1:80", "[::1]:80", "localhost:http", ":0"; for Unix sockets a path, or an
// abstract name that begins with '@'.
//
// Conn, Listener and PacketConn are handles: copies name the same socket. It is closed by Close, or
// when the last handle is gone. All methods may be called by several goroutines (and foreign
// threads) at once: reads take turns, and so do writes. Close makes those who wait fail with
// IsClosed. The handle itself must outlive the calls on it. A default-constructed handle names
// nothing; its methods fail with INVALID_ARGUMENT.
//
// Deadlines are wall-clock times; InfiniteFuture is none. One that has passed fails what waits now
// and all that follows, with IsTimeout, until it is moved. Contexts are for Dial; to cancel a read,
// set a deadline in the past: context::AfterFunc(ctx, [=] { conn.SetDeadline(absl::InfinitePast());
// }).
//
// Errors: see muster/io.h.
//
// Memory model: none is promised by Go's. As Go's race detector does, TSan builds let a write of
// any stream happen before every later read of any stream.
#ifndef MUSTER_NET_H_
#define MUSTER_NET_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "muster/context.h"
#include "muster/io.h"

namespace muster::poll {
class FD;
}

namespace muster::net {

namespace internal {
struct AddrAccess;
struct SocketAccess;
}  // namespace internal

// Addr is the address of one end of a socket.
class Addr {
 public:
  Addr() noexcept = default;
  // "tcp", "udp", "unix", "unixgram"; "" for none.
  const char* Network() const { return network_; }
  // "127.0.0.1:80", "[::1]:80", "/run/socket", "@abstract"; "" for none.
  std::string String() const;
  std::string IP() const;  // "" for Unix sockets
  int Port() const;        // 0 for Unix sockets
  friend bool operator==(const Addr& a, const Addr& b);

 private:
  friend struct internal::AddrAccess;
  const char* network_ = "";
  uint32_t size_ = 0;
  alignas(8) unsigned char raw_[112] = {};  // a sockaddr
};

// ResolveAddr reads an address of that network; host names are looked up. The first one found.
absl::StatusOr<Addr> ResolveAddr(const std::string& network, const std::string& address);
// LookupHost gives the addresses of a host, by the system's resolver.
absl::StatusOr<std::vector<std::string>> LookupHost(const std::string& host);

// KeepAliveConfig says how TCP asks a peer that is silent whether it is still there. Durations are
// rounded up to seconds. Zero takes Go's default; a negative value leaves the system's.
struct KeepAliveConfig {
  bool enable = false;
  absl::Duration idle = absl::ZeroDuration();      // of silence before the first probe; 15 s
  absl::Duration interval = absl::ZeroDuration();  // between probes; 15 s
  int count = 0;                                   // unanswered ones that end the connection; 9
};

namespace internal {

// One part of what is read or written; laid out as the system's iovec.
struct Part {
  void* data;
  size_t size;
};

// What the handles of one socket share. Counted.
struct Shared;
class Handle {
 public:
  Handle() noexcept = default;
  explicit Handle(Shared* adopted) noexcept : shared_(adopted) {}
  Handle(const Handle& other) noexcept;
  Handle(Handle&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Handle& operator=(Handle other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Handle();
  Shared* get() const noexcept { return shared_; }

 private:
  Shared* shared_ = nullptr;
};

// What all sockets can do.
class Socket {
 public:
  explicit operator bool() const noexcept { return handle_.get() != nullptr; }
  // Close fails what waits. A second call gives an error that IsClosed. Returns once the descriptor
  // is closed; does not wait for data to be sent.
  absl::Status Close();
  Addr LocalAddr() const;
  absl::Status SetDeadline(absl::Time t);
  // The descriptor, which stays the socket's; -1 for none.
  int NativeHandle() const;

 protected:
  Socket() noexcept = default;
  explicit Socket(Handle handle) noexcept : handle_(std::move(handle)) {}
  friend struct SocketAccess;
  Handle handle_;
};

}  // namespace internal

// Conn is a connection, a stream of bytes both ways.
class Conn : public internal::Socket {
 public:
  Conn() noexcept = default;

  // Read waits until there is something, and gives at most what the buffer holds. At the end of the
  // stream the error is EOF.
  io::Result Read(std::span<char> buffer);
  // Write returns when all is written, or with an error and what has been.
  io::Result Write(std::string_view data);

  // CloseRead and CloseWrite shut down one direction; the peer reads EOF after the latter.
  absl::Status CloseRead();
  absl::Status CloseWrite();

  Addr RemoteAddr() const;
  absl::Status SetReadDeadline(absl::Time t);
  absl::Status SetWriteDeadline(absl::Time t);
  // TCP only. Small writes are sent at once (the default), or wait for others.
  absl::Status SetNoDelay(bool no_delay);
  // TCP only. Connections are made with it on, as a KeepAliveConfig that says only `enable`.
  absl::Status SetKeepAlive(bool on);
  absl::Status SetKeepAliveConfig(const KeepAliveConfig& config);
  // Sizes in bytes of what the kernel keeps for the socket; it takes them for advice.
  absl::Status SetReadBuffer(int bytes);
  absl::Status SetWriteBuffer(int bytes);
  // What Close does with unsent data: seconds to wait for it in the background; 0 drops it and
  // resets the connection; negative is the system's default.
  absl::Status SetLinger(int seconds);

  // Boost.Beast's SyncReadStream and SyncWriteStream, defined in muster/net_beast.h, which has to
  // be included for their use.
  template <typename Buffers>
  size_t read_some(const Buffers& buffers);
  template <typename Buffers, typename ErrorCode>
  size_t read_some(const Buffers& buffers, ErrorCode& error);
  template <typename Buffers>
  size_t write_some(const Buffers& buffers);
  template <typename Buffers, typename ErrorCode>
  size_t write_some(const Buffers& buffers, ErrorCode& error);

 private:
  friend struct internal::SocketAccess;
  explicit Conn(internal::Handle handle) noexcept : Socket(std::move(handle)) {}
  // One system call that moves something.
  io::Result ReadParts(const internal::Part* parts, size_t count);
  io::Result WriteParts(const internal::Part* parts, size_t count);
};

// Listener accepts connections.
class Listener : public internal::Socket {
 public:
  Listener() noexcept = default;
  // Accept waits for the next connection.
  absl::StatusOr<Conn> Accept();
  Addr Address() const { return LocalAddr(); }  // Go's Addr()

 private:
  friend struct internal::SocketAccess;
  explicit Listener(internal::Handle handle) noexcept : Socket(std::move(handle)) {}
};

// PacketConn sends and receives datagrams.
class PacketConn : public internal::Socket {
 public:
  PacketConn() noexcept = default;

  struct Packet {
    size_t n = 0;
    Addr from;
    absl::Status err;
  };
  // ReadFrom waits for a datagram; what does not fit the buffer is lost.
  Packet ReadFrom(std::span<char> buffer);
  io::Result WriteTo(std::string_view data, const Addr& to);
  // Of a socket that has been made by Dial.
  io::Result Read(std::span<char> buffer);
  io::Result Write(std::string_view data);

  Addr RemoteAddr() const;
  absl::Status SetReadDeadline(absl::Time t);
  absl::Status SetWriteDeadline(absl::Time t);

 private:
  friend struct internal::SocketAccess;
  explicit PacketConn(internal::Handle handle) noexcept : Socket(std::move(handle)) {}
};

// These are the functions of a Dialer and a ListenConfig (muster/net_dialer.h) of which nothing is
// set.

// Listen announces on a stream network. ":0" takes a free port (LocalAddr tells which). "tcp"
// without a host takes IPv4 and IPv6 alike. A Unix socket's path is removed when the listener is
// closed.
absl::StatusOr<Listener> Listen(const std::string& network, const std::string& address);

// Dial connects on a stream network; of several addresses the first that answers is taken.
// CANCELLED or IsTimeout when the context ends first.
absl::StatusOr<Conn> Dial(const context::Context& ctx, const std::string& network,
                          const std::string& address);
absl::StatusOr<Conn> Dial(const std::string& network, const std::string& address);

// ListenPacket opens a datagram socket at `address`; DialPacket one that is connected to it.
absl::StatusOr<PacketConn> ListenPacket(const std::string& network, const std::string& address);
absl::StatusOr<PacketConn> DialPacket(const std::string& network, const std::string& address);
inline absl::StatusOr<PacketConn> ListenUDP(const std::string& address) {
  return ListenPacket("udp", address);
}
inline absl::StatusOr<PacketConn> DialUDP(const std::string& address) {
  return DialPacket("udp", address);
}

}  // namespace muster::net

#endif  // MUSTER_NET_H_
