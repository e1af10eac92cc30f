// Conn, Listener and PacketConn on FDs.
#include "runtime/net/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/net/keep_alive.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"
#include "runtime/time/clock.h"

namespace muster::net {
namespace internal {
namespace {

using record::Direction;

absl::Status Nothing() { return absl::InvalidArgumentError("invalid argument"); }

Addr NameOf(int fd, const char* network, int (*get)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  return get(fd, address, &size) == 0 ? AddrAccess::Of(network, address, size) : Addr();
}

// "tcp 127.0.0.1:80->127.0.0.1:51412"; a listener has no peer.
std::string Describe(const Network& network, const Addr& local, const Addr& peer) {
  std::string text = network.name;
  if (!local.String().empty()) absl::StrAppend(&text, " ", local.String());
  if (!peer.String().empty()) {
    absl::StrAppend(&text, local.String().empty() ? " " : "->", peer.String());
  }
  return text;
}

absl::Status SetDeadlines(const Handle& handle, absl::Time t, bool read, bool write) {
  Shared* const shared = handle.get();
  if (shared == nullptr) return Nothing();
  const int64_t due = DueAt(t);
  poll::Error error = poll::kOk;
  if (read) error = shared->fd->SetDeadline(Direction::kRead, due);
  if (write && error == poll::kOk) error = shared->fd->SetDeadline(Direction::kWrite, due);
  return shared->Status(error, "set", "");
}

absl::Status SetOption(const Handle& handle, int level, int option, const void* value,
                       socklen_t size) {
  Shared* const shared = handle.get();
  if (shared == nullptr) return Nothing();
  const poll::Error error = shared->fd->With([&](int fd) -> int64_t {
    return setsockopt(fd, level, option, value, size) == 0 ? 0 : -errno;
  });
  return shared->Status(error, "set", "setsockopt");
}

absl::Status ShutDown(const Handle& handle, int how) {
  Shared* const shared = handle.get();
  if (shared == nullptr) return Nothing();
  return shared->Status(shared->fd->Shutdown(how), "close", "shutdown");
}

io::Result ReadInto(const Handle& handle, const iovec* parts, int count, const void* caller) {
  Shared* const shared = handle.get();
  if (shared == nullptr) return {0, Nothing()};
  const poll::Moved moved = shared->fd->ReadSome(parts, count, caller);
  return {moved.n, shared->Status(moved.error, "read", "read")};
}

io::Result WriteFrom(const Handle& handle, std::string_view data, const void* caller) {
  Shared* const shared = handle.get();
  if (shared == nullptr) return {0, Nothing()};
  const poll::Moved moved = shared->fd->WriteAll(data.data(), data.size(), caller);
  return {moved.n, shared->Status(moved.error, "write", "write")};
}

}  // namespace

int64_t DueAt(absl::Time t) {
  if (t == absl::InfiniteFuture()) return sched::kNever;
  return time::internal::DueAfter(t - absl::Now(), sched::NowNanos());
}

absl::Status Shared::Status(poll::Error error, const char* op, const char* call) const {
  if (error == poll::kOk) return absl::OkStatus();
  return poll::ToStatus(error, {.op = op, .subject = fd->name(), .call = call});
}

Shared* ShareSocket(poll::FDRef fd, const Network& network) {
  auto* shared = new Shared;
  shared->fd = std::move(fd);
  shared->network = network;
  shared->fd->With([&](int number) -> int64_t {
    shared->local = NameOf(number, network.name, &getsockname);
    shared->peer = NameOf(number, network.name, &getpeername);
    if (!network.is_unix() && network.type == SOCK_STREAM) {
      const int on = 1;
      setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    return 0;
  });
  shared->fd->Rename(Describe(network, shared->local, shared->peer));
  return shared;
}

Shared* AdoptSocket(int fd, const Network& network, poll::Error* error) {
  poll::FD* const adopted =
      poll::FD::Adopt(fd, poll::Mode::kNonBlocking, true, network.name, error);
  if (adopted != nullptr) return ShareSocket(poll::FDRef(adopted), network);
  poll::sys::Close(fd);
  return nullptr;
}

Handle::Handle(const Handle& other) noexcept : shared_(other.shared_) {
  if (shared_ != nullptr) shared_->references.fetch_add(1, std::memory_order_relaxed);
}

// The last one destroys what the others have used.
Handle::~Handle() {
  if (shared_ == nullptr) return;
  tsan::Release(&shared_->references);
  if (shared_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  tsan::Acquire(&shared_->references);
  if (!shared_->remove_path.empty() && shared_->fd->Close() == poll::kOk) {
    unlink(shared_->remove_path.c_str());
  }
  delete shared_;
}

absl::Status Socket::Close() {
  Shared* const shared = handle_.get();
  if (shared == nullptr) return Nothing();
  const poll::Error error = shared->fd->Close();
  if (error == poll::kOk && !shared->remove_path.empty()) unlink(shared->remove_path.c_str());
  return shared->Status(error, "close", "close");
}

Addr Socket::LocalAddr() const { return handle_.get() == nullptr ? Addr() : handle_.get()->local; }

absl::Status Socket::SetDeadline(absl::Time t) { return SetDeadlines(handle_, t, true, true); }

int Socket::NativeHandle() const {
  int number = -1;
  if (handle_.get() == nullptr) return number;
  handle_.get()->fd->With([&number](int fd) -> int64_t {
    number = fd;
    return 0;
  });
  return number;
}

}  // namespace internal

using internal::Nothing;

io::Result Conn::Read(std::span<char> buffer) {
  const iovec part = {buffer.data(), buffer.size()};
  return internal::ReadInto(handle_, &part, 1, __builtin_return_address(0));
}

io::Result Conn::Write(std::string_view data) {
  return internal::WriteFrom(handle_, data, __builtin_return_address(0));
}

static_assert(sizeof(internal::Part) == sizeof(iovec));

io::Result Conn::ReadParts(const internal::Part* parts, size_t count) {
  return internal::ReadInto(handle_, reinterpret_cast<const iovec*>(parts), static_cast<int>(count),
                            __builtin_return_address(0));
}

io::Result Conn::WriteParts(const internal::Part* parts, size_t count) {
  internal::Shared* const shared = handle_.get();
  if (shared == nullptr) return {0, Nothing()};
  const poll::Moved moved = shared->fd->WriteSome(
      reinterpret_cast<const iovec*>(parts), static_cast<int>(count), __builtin_return_address(0));
  return {moved.n, shared->Status(moved.error, "write", "write")};
}

absl::Status Conn::CloseRead() { return internal::ShutDown(handle_, SHUT_RD); }
absl::Status Conn::CloseWrite() { return internal::ShutDown(handle_, SHUT_WR); }

Addr Conn::RemoteAddr() const { return handle_.get() == nullptr ? Addr() : handle_.get()->peer; }

absl::Status Conn::SetReadDeadline(absl::Time t) {
  return internal::SetDeadlines(handle_, t, true, false);
}
absl::Status Conn::SetWriteDeadline(absl::Time t) {
  return internal::SetDeadlines(handle_, t, false, true);
}

absl::Status Conn::SetNoDelay(bool no_delay) {
  const int on = no_delay ? 1 : 0;
  return internal::SetOption(handle_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

absl::Status Conn::SetKeepAlive(bool keep_alive) {
  const int on = keep_alive ? 1 : 0;
  return internal::SetOption(handle_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

absl::Status Conn::SetKeepAliveConfig(const KeepAliveConfig& config) {
  internal::Shared* const shared = handle_.get();
  if (shared == nullptr) return Nothing();
  const poll::Error error =
      shared->fd->With([&](int fd) { return internal::ApplyKeepAlive(fd, config); });
  return shared->Status(error, "set", "setsockopt");
}

absl::Status Conn::SetReadBuffer(int bytes) {
  return internal::SetOption(handle_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}
absl::Status Conn::SetWriteBuffer(int bytes) {
  return internal::SetOption(handle_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

absl::Status Conn::SetLinger(int seconds) {
  const linger value = {seconds >= 0 ? 1 : 0, seconds >= 0 ? seconds : 0};
  return internal::SetOption(handle_, SOL_SOCKET, SO_LINGER, &value, sizeof(value));
}

absl::StatusOr<Conn> Listener::Accept() {
  internal::Shared* const shared = handle_.get();
  if (shared == nullptr) return Nothing();
  int accepted = -1;
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  poll::Error error = shared->fd->Accept(&accepted, reinterpret_cast<sockaddr*>(&name), &size);
  if (error != poll::kOk) return shared->Status(error, "accept", "accept4");
  internal::Shared* const conn = internal::AdoptSocket(accepted, shared->network, &error);
  if (conn == nullptr) return shared->Status(error, "accept", "epoll_ctl");
  return internal::SocketAccess::MakeConn(internal::Handle(conn));
}

PacketConn::Packet PacketConn::ReadFrom(std::span<char> buffer) {
  Packet packet;
  internal::Shared* const shared = handle_.get();
  if (shared == nullptr) {
    packet.err = Nothing();
    return packet;
  }
  sockaddr_storage name{};
  iovec part = {buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof(name);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const poll::Moved moved = shared->fd->Receive(&message);
  packet.n = moved.n;
  packet.err = shared->Status(moved.error, "read", "recvmsg");
  if (packet.err.ok()) {
    packet.from = internal::AddrAccess::Of(
        shared->network.name, reinterpret_cast<const sockaddr*>(&name), message.msg_namelen);
  }
  return packet;
}

io::Result PacketConn::WriteTo(std::string_view data, const Addr& to) {
  internal::Shared* const shared = handle_.get();
  if (shared == nullptr) return {0, Nothing()};
  iovec part = {const_cast<char*>(data.data()), data.size()};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(internal::AddrAccess::Name(to));
  message.msg_namelen = internal::AddrAccess::Size(to);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const poll::Moved moved = shared->fd->Send(&message);
  return {moved.n, shared->Status(moved.error, "write", "sendmsg")};
}

io::Result PacketConn::Read(std::span<char> buffer) {
  const Packet packet = ReadFrom(buffer);
  return {packet.n, packet.err};
}

io::Result PacketConn::Write(std::string_view data) {
  internal::Shared* const shared = handle_.get();
  if (shared == nullptr) return {0, Nothing()};
  const iovec part = {const_cast<char*>(data.data()), data.size()};
  const poll::Moved moved = shared->fd->WriteSome(&part, 1, __builtin_return_address(0));
  return {moved.n, shared->Status(moved.error, "write", "write")};
}

Addr PacketConn::RemoteAddr() const {
  return handle_.get() == nullptr ? Addr() : handle_.get()->peer;
}

absl::Status PacketConn::SetReadDeadline(absl::Time t) {
  return internal::SetDeadlines(handle_, t, true, false);
}
absl::Status PacketConn::SetWriteDeadline(absl::Time t) {
  return internal::SetDeadlines(handle_, t, false, true);
}

}  // namespace muster::net
