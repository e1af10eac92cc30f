// Channels, with Go's semantics to the letter.
//
// Chan<T> is a handle to a shared channel: copies name the same channel, and it lives as long as
// one of them. A default-constructed handle is Go's nil channel: sending and receiving block for
// ever.
//
//   auto jobs = muster::MakeChan<int>(10);
//   muster::Go([jobs] { for (int job : jobs) Work(job); });
//   jobs.Send(1);
//   jobs.Close();
//
// Waiters are served in order of arrival; a value goes straight from sender to receiver when one is
// waiting. All calls are thread-safe and work from goroutines (which park) and foreign threads
// (which block on a futex). Memory model: as Go's — a send happens before the receive of its value,
// the k-th receive before the (k+capacity)-th send, a close before a receive that reports it.
//
// Elements are moved under the channel's lock, by either partner: a move constructor must not block
// nor use the same channel. It may throw. The one whose call moved the element gets the exception;
// the channel stays as it was, and a partner that waits goes on waiting. A sender whose element
// could not move up into the buffer after a receive tries again by itself, and gets its exception.
#ifndef MUSTER_CHAN_H_
#define MUSTER_CHAN_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "muster/panic.h"

namespace muster {
namespace internal {

class ChanCore;

// How the untemplated core moves elements about. `move` constructs *to from *from and leaves *from
// to be destroyed by its owner; it may throw, which leaves the channel as it was. With `is_word` an
// element is eight bytes that may just be copied, and need not be destroyed.
struct ElementOps {
  size_t size;
  size_t align;
  bool is_word;
  void (*move)(void* to, void* from);
  void (*destroy)(void* element) noexcept;
};

template <typename T>
inline constexpr ElementOps kElementOps = {
    sizeof(T), alignof(T),
    sizeof(T) == sizeof(uint64_t) &&
        std::is_trivially_copyable_v<T>&& std::is_trivially_move_constructible_v<T>&&
            std::is_trivially_destructible_v<T>,
    [](void* to, void* from) { ::new (to) T(std::move(*static_cast<T*>(from))); },
    [](void* element) noexcept { static_cast<T*>(element)->~T(); }};

enum class TryResult { kDone, kWouldBlock, kClosed };

ChanCore* MakeChanCore(const ElementOps* ops, size_t capacity);
void RetainChan(ChanCore* chan) noexcept;
void ReleaseChan(ChanCore* chan) noexcept;
void ChanSend(ChanCore* chan, void* element);          // moves from *element
bool ChanRecv(ChanCore* chan, void* slot);             // false: closed; slot left raw
TryResult ChanTrySend(ChanCore* chan, void* element);  // closed throws
TryResult ChanTryRecv(ChanCore* chan, void* slot);
void ChanClose(ChanCore* chan);
size_t ChanLen(const ChanCore* chan) noexcept;
size_t ChanCap(const ChanCore* chan) noexcept;

// A counted reference to a core; nil when default-constructed.
class ChanRef {
 public:
  ChanRef() noexcept = default;
  explicit ChanRef(ChanCore* adopted) noexcept : core_(adopted) {}
  ChanRef(const ChanRef& other) noexcept : core_(other.core_) {
    if (core_ != nullptr) RetainChan(core_);
  }
  ChanRef(ChanRef&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  ChanRef& operator=(ChanRef other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~ChanRef() {
    if (core_ != nullptr) ReleaseChan(core_);
  }
  ChanCore* get() const noexcept { return core_; }
  friend bool operator==(const ChanRef& a, const ChanRef& b) noexcept { return a.core_ == b.core_; }

 private:
  ChanCore* core_ = nullptr;
};

// Room for one T that may or may not be there.
template <typename T>
class RawSlot {
 public:
  RawSlot() noexcept {}
  RawSlot(const RawSlot&) = delete;
  RawSlot& operator=(const RawSlot&) = delete;
  ~RawSlot() {
    if (full_) value()->~T();
  }
  void* storage() noexcept { return storage_; }
  T* value() noexcept { return std::launder(reinterpret_cast<T*>(storage_)); }
  void set_full() noexcept { full_ = true; }

 private:
  alignas(T) unsigned char storage_[sizeof(T)];
  bool full_ = false;
};

template <typename T>
std::optional<T> TakeSlot(RawSlot<T>& slot, bool full) {
  if (!full) return std::nullopt;
  slot.set_full();
  return std::optional<T>(std::move(*slot.value()));
}

}  // namespace internal

template <typename T>
class Chan;

// The end of range-for over a channel: reached when it is closed and drained.
struct ChanEnd {};

// An input iterator whose increment receives. Blocks as Recv does.
template <typename T>
class ChanIterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;
  using pointer = T*;
  using reference = T&;
  explicit ChanIterator(internal::ChanRef chan) : chan_(std::move(chan)) { ++*this; }
  T& operator*() { return *current_; }
  ChanIterator& operator++() {
    // The old value goes first, so that none is held while the next is awaited.
    current_.reset();
    internal::RawSlot<T> slot;
    if (internal::ChanRecv(chan_.get(), slot.storage())) {
      slot.set_full();
      current_.emplace(std::move(*slot.value()));
    }
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const ChanIterator& it, ChanEnd) { return !it.current_.has_value(); }

 private:
  internal::ChanRef chan_;
  std::optional<T> current_;
};

// RecvChan is the receiving end (Go's <-chan T): any Chan<T> converts to it.
template <typename T>
class RecvChan {
 public:
  using value_type = T;
  RecvChan() noexcept = default;  // nil
  explicit RecvChan(internal::ChanRef ref) noexcept : ref_(std::move(ref)) {}

  // Recv waits for a value; nullopt when the channel is closed and drained. On a nil channel it
  // blocks for ever ("chan receive (nil chan)").
  std::optional<T> Recv() const {
    internal::RawSlot<T> slot;
    const bool full = internal::ChanRecv(ref_.get(), slot.storage());
    return internal::TakeSlot(slot, full);
  }

  // TryRecv never waits. kDone: *value holds the element; kClosed: closed and drained; else
  // kWouldBlock. A nil channel always would block.
  internal::TryResult TryRecv(std::optional<T>* value) const {
    internal::RawSlot<T> slot;
    const internal::TryResult result = internal::ChanTryRecv(ref_.get(), slot.storage());
    // Not assigned: elements need not be assignable.
    value->reset();
    if (result == internal::TryResult::kDone) {
      slot.set_full();
      value->emplace(std::move(*slot.value()));
    }
    return result;
  }

  size_t Len() const noexcept { return internal::ChanLen(ref_.get()); }
  size_t Cap() const noexcept { return internal::ChanCap(ref_.get()); }
  explicit operator bool() const noexcept { return ref_.get() != nullptr; }
  friend bool operator==(const RecvChan&, const RecvChan&) = default;

  ChanIterator<T> begin() const { return ChanIterator<T>(ref_); }
  ChanEnd end() const noexcept { return {}; }

  const internal::ChanRef& ref() const& noexcept { return ref_; }
  internal::ChanRef&& ref() && noexcept { return std::move(ref_); }

 private:
  internal::ChanRef ref_;
};

// SendChan is the sending end (Go's chan<- T): any Chan<T> converts to it.
template <typename T>
class SendChan {
 public:
  using value_type = T;
  SendChan() noexcept = default;  // nil
  explicit SendChan(internal::ChanRef ref) noexcept : ref_(std::move(ref)) {}

  // Send waits until a receiver takes the value or the buffer has room. Throws Panic("send on
  // closed channel") when it is closed, before or while waiting. Blocks for ever on a nil channel.
  void Send(T value) const { internal::ChanSend(ref_.get(), std::addressof(value)); }

  // TrySend never waits: true when the value was sent. `value` is moved from only then.
  bool TrySend(T&& value) const {
    return internal::ChanTrySend(ref_.get(), std::addressof(value)) == internal::TryResult::kDone;
  }
  bool TrySend(const T& value) const {
    T copy(value);
    return TrySend(std::move(copy));
  }

  // Close wakes every waiting receiver (with nothing) and sender (with a Panic). Throws
  // Panic("close of closed channel") or Panic("close of nil channel").
  void Close() const { internal::ChanClose(ref_.get()); }

  size_t Len() const noexcept { return internal::ChanLen(ref_.get()); }
  size_t Cap() const noexcept { return internal::ChanCap(ref_.get()); }
  explicit operator bool() const noexcept { return ref_.get() != nullptr; }
  friend bool operator==(const SendChan&, const SendChan&) = default;

  const internal::ChanRef& ref() const& noexcept { return ref_; }
  internal::ChanRef&& ref() && noexcept { return std::move(ref_); }

 private:
  internal::ChanRef ref_;
};

// Chan is both ends. See SendChan and RecvChan for each call's contract.
template <typename T>
class Chan {
 public:
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "channels carry object types");
  static_assert(std::is_move_constructible_v<T>, "a channel's element must be movable");
  using value_type = T;
  Chan() noexcept = default;  // nil
  explicit Chan(internal::ChanRef ref) noexcept : ref_(std::move(ref)) {}

  void Send(T value) const { internal::ChanSend(ref_.get(), std::addressof(value)); }
  bool TrySend(T&& value) const { return SendChan<T>(ref_).TrySend(std::move(value)); }
  bool TrySend(const T& value) const { return SendChan<T>(ref_).TrySend(value); }
  void Close() const { internal::ChanClose(ref_.get()); }
  std::optional<T> Recv() const {
    internal::RawSlot<T> slot;
    const bool full = internal::ChanRecv(ref_.get(), slot.storage());
    return internal::TakeSlot(slot, full);
  }
  internal::TryResult TryRecv(std::optional<T>* value) const {
    return RecvChan<T>(ref_).TryRecv(value);
  }
  size_t Len() const noexcept { return internal::ChanLen(ref_.get()); }
  size_t Cap() const noexcept { return internal::ChanCap(ref_.get()); }
  explicit operator bool() const noexcept { return ref_.get() != nullptr; }
  friend bool operator==(const Chan&, const Chan&) = default;

  ChanIterator<T> begin() const { return ChanIterator<T>(ref_); }
  ChanEnd end() const noexcept { return {}; }

  operator RecvChan<T>() const { return RecvChan<T>(ref_); }  // NOLINT(google-explicit-constructor)
  operator SendChan<T>() const { return SendChan<T>(ref_); }  // NOLINT(google-explicit-constructor)

  const internal::ChanRef& ref() const& noexcept { return ref_; }
  internal::ChanRef&& ref() && noexcept { return std::move(ref_); }

 private:
  internal::ChanRef ref_;
};

using TryResult = internal::TryResult;

// MakeChan makes a channel: unbuffered, or with room for `capacity` elements. Throws
// Panic("makechan: size out of range") when the buffer's size does not fit.
//
// Inlined even where nothing else is, so that the place on record as the channel's own is the
// caller's.
template <typename T>
[[gnu::always_inline]] inline Chan<T> MakeChan(size_t capacity = 0) {
  return Chan<T>(internal::ChanRef(internal::MakeChanCore(&internal::kElementOps<T>, capacity)));
}

}  // namespace muster

#endif  // MUSTER_CHAN_H_
