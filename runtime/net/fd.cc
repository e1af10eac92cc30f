#include "runtime/net/fd.h"

#include <errno.h>
#include <limits.h>

#include <algorithm>

#include "muster/blocking.h"
#include "runtime/record/describe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/point.h"

namespace muster::poll {
namespace {

using record::Direction;

// What all writes release to and all reads acquire, whatever the descriptors. Go's race detector
// does the same (syscall.Read and Write, ioSync): who reads may rely on what was done before a
// write that it has, perhaps, read. The memory model itself promises nothing of the kind.
char g_io_sync;

// The kernel moves no more at a time (Go's limit, too).
constexpr size_t kMaxBytes = size_t{1} << 30;

Error ToError(Outcome outcome) {
  switch (outcome) {
    case Outcome::kReady:
      return kOk;
    case Outcome::kClosing:
      return kClosed;
    case Outcome::kTimeout:
      return kTimedOut;
  }
  return kOk;
}

template <typename Note>
void ForMoved(const iovec* parts, size_t moved, Note note) {
  for (; moved > 0; ++parts) {
    const size_t size = std::min(moved, parts->iov_len);
    if (size > 0) note(parts->iov_base, size);
    moved -= size;
  }
}

}  // namespace

FD::FD(int fd, Mode mode, bool is_socket, std::string name)
    : fd_(fd), mode_(mode), is_socket_(is_socket), name_(std::move(name)) {
  closed_.Add(1);
}

FD* FD::Adopt(int fd, Mode mode, bool is_socket, std::string name, Error* error) {
  auto* self = new FD(fd, mode, is_socket, std::move(name));
  *error = kOk;
  if (mode == Mode::kBlocking) return self;
  int failure = 0;
  self->desc_ = PollDesc::Open(fd, self->name_.c_str(), &failure);
  if (failure == EPERM) {
    self->mode_ = Mode::kBlocking;
  } else if (failure != 0) {
    *error = FromErrno(failure);
    delete self;
    return nullptr;
  }
  return self;
}

void FD::Unref() {
  // The last one destroys what the others have used.
  tsan::Release(&references_);
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  tsan::Acquire(&references_);
  if ((users_.load(std::memory_order_relaxed) & kClosing) == 0) CloseDescriptor();
  delete this;
}

bool FD::Enter() {
  uint32_t users = users_.load(std::memory_order_relaxed);
  do {
    if ((users & kClosing) != 0) return false;
  } while (!users_.compare_exchange_weak(users, users + 1, std::memory_order_acquire,
                                         std::memory_order_relaxed));
  return true;
}

// Release and acquire: whoever closes the descriptor comes after all that used it.
void FD::Leave() {
  if (users_.fetch_sub(1, std::memory_order_acq_rel) == kClosing + 1) CloseDescriptor();
}

void FD::CloseDescriptor() {
  if (desc_ != nullptr) desc_->Release();
  sys::Close(fd_);
  closed_.Done();
}

Error FD::Close() {
  if ((users_.fetch_or(kClosing, std::memory_order_acq_rel) & kClosing) != 0) return kClosed;
  if (desc_ != nullptr) desc_->Evict();
  const bool wait = mode_ != Mode::kBlocking;  // one that is blocked in the kernel cannot be woken
  Leave();
  if (wait) closed_.Wait();
  return kOk;
}

Error FD::WaitPolled(Direction direction) { return ToError(desc_->Wait(direction)); }

// What the poller does not take may block the thread for as long as the disk works.
template <typename Try>
int64_t FD::TryHere(Try try_once) {
  if (mode_ != Mode::kBlocking) return try_once(fd_);
  return Blocking([&] { return try_once(fd_); });
}

template <typename Try>
int64_t FD::TryUntilDone(Direction direction, Error* error, Try try_once) {
  for (;;) {
    if (mode_ != Mode::kAskFirst || sys::IsReady(fd_, direction == Direction::kWrite)) {
      const int64_t result = TryHere(try_once);
      if (result >= 0) return result;
      if (result != -EAGAIN || desc_ == nullptr) {
        *error = FromErrno(static_cast<int>(-result));
        return 0;
      }
    }
    *error = WaitPolled(direction);
    if (*error != kOk) return 0;
  }
}

template <typename Body>
Moved FD::InTurn(Direction direction, Body body) {
  Moved moved;
  if (!Enter()) {
    moved.error = kClosed;
    return moved;
  }
  Mutex& turn = direction == Direction::kWrite ? write_turn_ : read_turn_;
  turn.Lock();
  if (desc_ != nullptr) moved.error = ToError(desc_->Prepare(direction));
  if (moved.error == kOk) body(&moved);
  turn.Unlock();
  Leave();
  sched::SchedulingPoint();
  return moved;
}

Moved FD::ReadSome(const iovec* parts, int count, const void* caller) {
  return InTurn(Direction::kRead, [&](Moved* moved) {
    const int64_t n = TryUntilDone(Direction::kRead, &moved->error,
                                   [&](int fd) { return sys::Read(fd, parts, count); });
    if (moved->error != kOk) return;
    moved->n = static_cast<size_t>(n);
    const tsan::CallScope scope(caller);
    ForMoved(parts, moved->n, &tsan::NoteWrite);
    tsan::Acquire(&g_io_sync);
    if (n == 0 &&
        std::any_of(parts, parts + count, [](const iovec& p) { return p.iov_len != 0; })) {
      moved->error = kEof;
    }
  });
}

int64_t FD::TryWrite(int fd, const iovec* parts, int count) const {
  if (!is_socket_) return sys::Write(fd, parts, count);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<size_t>(count);
  return sys::Send(fd, &message);
}

// In its turn.
size_t FD::WriteOnce(const iovec* parts, int count, Error* error, const void* caller) {
  tsan::Release(&g_io_sync);
  const auto n = static_cast<size_t>(
      TryUntilDone(Direction::kWrite, error, [&](int fd) { return TryWrite(fd, parts, count); }));
  const tsan::CallScope scope(caller);
  ForMoved(parts, n, &tsan::NoteRead);
  return n;
}

Moved FD::WriteSome(const iovec* parts, int count, const void* caller) {
  return InTurn(Direction::kWrite,
                [&](Moved* moved) { moved->n = WriteOnce(parts, count, &moved->error, caller); });
}

Moved FD::WriteAll(const void* data, size_t size, const void* caller) {
  return InTurn(Direction::kWrite, [&](Moved* moved) {
    auto* const begin = static_cast<char*>(const_cast<void*>(data));
    // A blocking pipe that is ready has room for that much; more would block.
    const size_t limit = mode_ == Mode::kAskFirst ? size_t{PIPE_BUF} : kMaxBytes;
    while (moved->n < size && moved->error == kOk) {
      const iovec part = {begin + moved->n, std::min(size - moved->n, limit)};
      moved->n += WriteOnce(&part, 1, &moved->error, caller);
    }
  });
}

Moved FD::Receive(msghdr* message) {
  return InTurn(Direction::kRead, [&](Moved* moved) {
    moved->n = static_cast<size_t>(TryUntilDone(Direction::kRead, &moved->error,
                                                [&](int fd) { return sys::Receive(fd, message); }));
    ForMoved(message->msg_iov, moved->n, &tsan::NoteWrite);
  });
}

Moved FD::Send(const msghdr* message) {
  return InTurn(Direction::kWrite, [&](Moved* moved) {
    moved->n = static_cast<size_t>(TryUntilDone(Direction::kWrite, &moved->error,
                                                [&](int fd) { return sys::Send(fd, message); }));
    ForMoved(message->msg_iov, moved->n, &tsan::NoteRead);
  });
}

Error FD::Accept(int* accepted, sockaddr* address, socklen_t* size) {
  const socklen_t room = *size;
  return InTurn(Direction::kRead,
                [&](Moved* moved) {
                  *accepted =
                      static_cast<int>(TryUntilDone(Direction::kRead, &moved->error, [&](int fd) {
                        for (;;) {
                          *size = room;
                          const int64_t result = sys::Accept(fd, address, size);
                          // A connection that was given up before it was accepted; there may be
                          // others.
                          if (result != -ECONNABORTED) return result;
                        }
                      }));
                })
      .error;
}

Error FD::WaitFor(Direction direction) {
  if (!Enter()) return kClosed;
  const Error error = WaitPolled(direction);
  Leave();
  return error;
}

Error FD::Shutdown(int how) {
  return With([how](int fd) { return sys::Shutdown(fd, how); });
}

Error FD::SetDeadline(Direction direction, int64_t when_ns) {
  if (desc_ == nullptr) return FromErrno(ENOTSUP);
  if (!Enter()) return kClosed;
  desc_->SetDeadline(direction, when_ns);
  Leave();
  return kOk;
}

void FD::Rename(std::string name) {
  name_ = std::move(name);
  if (desc_ != nullptr) desc_->Rename(name_.c_str());
}

}  // namespace muster::poll

namespace muster::record {

void DescribeFD(const void* address, Object* object) {
  static_cast<const poll::PollDesc*>(address)->Describe(object);
}

}  // namespace muster::record
