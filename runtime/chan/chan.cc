// The operations on one channel: the fast paths, parking, closing, and the channel's life.
#include "muster/chan.h"

#include <algorithm>
#include <cstdint>
#include <new>

#include "absl/strings/str_cat.h"
#include "runtime/chan/chan_core.h"
#include "runtime/chan/edges.h"
#include "runtime/chan/lock_hold.h"
#include "runtime/chan/transfer.h"
#include "runtime/record/creation.h"
#include "runtime/record/misuse.h"
#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/give_way.h"
#include "runtime/sched/park_here.h"
#include "runtime/sched/point.h"

namespace muster::internal {
namespace {

using record::Direction;
using record::WaitReason;

// What no address space of ours can hold; Go refuses at 2^48.
constexpr size_t kMaxBytes = size_t{1} << 47;

// For a closed channel, without the lock: `closer` was written before the caller learnt, under the
// lock or by being readied, that the channel is closed, and is never written again.
[[noreturn]] void ThrowClosed(const ChanCore* chan, const char* words, const char* does) {
  Misuse misuse(words);
  misuse.Object("chan", chan, absl::StrCat(", made by ", WhoIs(chan->maker.id)));
  misuse.Caller(does);
  misuse.Other(chan->closer.id, "closed it", chan->closer.stack);
  misuse.Throw();
}

[[noreturn]] void BlockOnNil(WaitReason reason, Direction direction) {
  BlockForever({.reason = reason,
                .kind = record::ObjectKind::kChan,
                .direction = direction,
                .durable = true});
}

// Parks the caller in `queue`, under the lock that `hold` gives up, until another goroutine has
// decided the outcome.
inline __attribute__((always_inline)) Outcome Wait(WaitQueue* queue, void* element,
                                                   const sched::WaitInfo& info, LockHold* hold) {
  Waiter waiter;
  waiter.g = sched::Self();
  waiter.element = element;
  edges::BeforePark(&waiter);
  queue->PushBack(&waiter);
  sched::ParkHere(info, &sched::UnlockLock, hold->Disown());
  edges::AfterWake(&waiter);
  return waiter.outcome;
}

// One try of a send, under the lock, which it gives up: performs it, at once or by waiting, or says
// that it must be tried again.
inline Outcome SendOrWait(ChanCore* chan, void* element) {
  Wakeups wakeups;
  LockHold hold(&chan->lock, std::adopt_lock);
  const Attempt attempt = SendInline(chan, element, &wakeups);
  if (attempt == Attempt::kDone) return Outcome::kDone;

  if (attempt == Attempt::kClosed) {
    hold.Release();
    ThrowSendOnClosed(chan);
  }
  const sched::WaitInfo info = {.reason = WaitReason::kChanSend,
                                .kind = record::ObjectKind::kChan,
                                .direction = Direction::kSend,
                                .durable = chan->bubbled,
                                .object = chan};
  const Outcome outcome = Wait(&chan->senders, element, info, &hold);
  if (outcome == Outcome::kDone) return outcome;
  const ChanRef keep(chan);  // from HandReference
  if (outcome == Outcome::kClosed) {
    edges::AcquireClose(chan);
    ThrowSendOnClosed(chan);
  }
  return outcome;
}

inline Outcome ReceiveOrWait(ChanCore* chan, void* slot) {
  Wakeups wakeups;
  LockHold hold(&chan->lock, std::adopt_lock);
  const Attempt attempt = ReceiveInline(chan, slot, &wakeups);
  if (attempt == Attempt::kDone) return Outcome::kDone;
  if (attempt == Attempt::kClosed) {
    edges::AcquireClose(chan);
    return Outcome::kClosed;
  }
  const sched::WaitInfo info = {.reason = WaitReason::kChanReceive,
                                .kind = record::ObjectKind::kChan,
                                .direction = Direction::kReceive,
                                .durable = chan->bubbled,
                                .object = chan};
  const Outcome outcome = Wait(&chan->receivers, slot, info, &hold);
  if (outcome == Outcome::kDone) return outcome;
  const ChanRef keep(chan);  // from HandReference
  if (outcome == Outcome::kClosed) edges::AcquireClose(chan);
  return outcome;
}

// A send or receive that holds the lock.
__attribute__((noinline)) void SendLocked(ChanCore* chan, void* element) {
  while (SendOrWait(chan, element) == Outcome::kRetry) LockHold::Take(&chan->lock);
  NoteDone(chan, Direction::kSend);
}

__attribute__((noinline)) bool ReceiveLocked(ChanCore* chan, void* slot) {
  Outcome outcome;
  while ((outcome = ReceiveOrWait(chan, slot)) == Outcome::kRetry) LockHold::Take(&chan->lock);
  NoteDone(chan, Direction::kReceive);
  return outcome == Outcome::kDone;
}

// What there may be to do before an operation, and after it (NoteDone). Nearly always nothing: an
// operation of which that is known keeps nothing in registers for it.
inline bool IsSpecial(const ChanCore* chan) {
  return chan->bubbled || record::AnyObservers() || sched::PointIsDue(sched::CurrentM());
}

void Prepare(ChanCore* chan, const char* what) {
  CheckBubble(chan, what);
  sched::SchedulingPoint();
  LockHold::Take(&chan->lock);
}

__attribute__((noinline)) void SendSpecially(ChanCore* chan, void* element) {
  Prepare(chan, "send on synctest channel");
  SendLocked(chan, element);
}

__attribute__((noinline)) bool ReceiveSpecially(ChanCore* chan, void* slot) {
  Prepare(chan, "receive on synctest channel");
  return ReceiveLocked(chan, slot);
}

// Whether a send would have to wait, without the lock. A true answer is a fact about one moment:
// the channel was seen full (or without a receiver) first and open after that, and as no closed
// channel opens again it was open at the first moment too. The acquire load keeps the two in order.
// A send or receive that happens before this call has made its stores visible to it.
bool CertainlyCannotSend(const ChanCore* chan) {
  const bool no_room = chan->unbuffered
                           ? chan->receivers.Empty(std::memory_order_acquire)
                           : chan->count.load(std::memory_order_acquire) == chan->capacity;
  return no_room && !chan->closed.load(std::memory_order_relaxed);
}

bool LooksEmpty(const ChanCore* chan) {
  return chan->unbuffered ? chan->senders.Empty(std::memory_order_acquire)
                          : chan->count.load(std::memory_order_acquire) == 0;
}

// The same for a receive: kWouldBlock or kClosed are certain, kDone means that it must be tried
// under the lock. Seen empty and after that open: at the first moment it was both. Seen closed and
// after that empty: nothing more can come, as the acquire load of `closed` pairs with the release
// store in ChanClose, behind which every send lies.
TryResult ForeseeReceive(const ChanCore* chan) {
  if (!LooksEmpty(chan)) return TryResult::kDone;
  if (!chan->closed.load(std::memory_order_acquire)) return TryResult::kWouldBlock;
  return LooksEmpty(chan) ? TryResult::kClosed : TryResult::kDone;
}

TryResult WouldBlock() {
  sched::BusyPoint();
  return TryResult::kWouldBlock;
}

TryResult ClosedAndDrained(ChanCore* chan) {
  edges::AcquireClose(chan);
  NoteDone(chan, Direction::kReceive);
  return TryResult::kClosed;
}

TryResult TrySendLocked(ChanCore* chan, void* element) {
  Wakeups wakeups;
  LockHold hold(&chan->lock);
  const Attempt attempt = SendNow(chan, element, &wakeups);
  if (attempt == Attempt::kClosed) {
    hold.Release();
    ThrowSendOnClosed(chan);
  }
  return attempt == Attempt::kDone ? TryResult::kDone : TryResult::kWouldBlock;
}

Attempt TryReceiveLocked(ChanCore* chan, void* slot) {
  Wakeups wakeups;
  LockHold hold(&chan->lock);
  return ReceiveNow(chan, slot, &wakeups);
}

// A close wakes a crowd a part at a time, each while what the part before touched is still in the
// caches: their waiters and control blocks lie on a page each.
constexpr int kCloseBatch = 32;

// Asks for what a crowd's next waiters lie in. A list gives away one address at a time, at the
// price of a miss in the TLB and in the caches; but goroutines that were started one after the
// other wait one after the other, at equal distances.
class CrowdAhead {
 public:
  void Passed(const Waiter* waiter) {
    const auto address = reinterpret_cast<uintptr_t>(waiter);
    const uintptr_t distance = address - last_;
    if (distance == distance_) {
      __builtin_prefetch(reinterpret_cast<const void*>(address + kAhead * distance), 1);
      __builtin_prefetch(
          reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(waiter->g) + kAhead * distance),
          1);
    }
    distance_ = distance;
    last_ = address;
  }

 private:
  static constexpr uintptr_t kAhead = 8;
  uintptr_t last_ = 0;
  uintptr_t distance_ = 0;
};

// Claims the next ones that wait, for a close, under the lock. False when nobody is left.
bool WakeSome(ChanCore* chan, CrowdAhead* ahead, Wakeups* wakeups) {
  int woken = 0;
  for (WaitQueue* queue : {&chan->receivers, &chan->senders}) {
    while (Waiter* waiter = queue->Claim()) {
      ahead->Passed(waiter);
      HandReference(chan, waiter);
      wakeups->Add(waiter, Outcome::kClosed);
      if (++woken == kCloseBatch) return true;
    }
  }
  return false;
}

// ---- the channel's memory: the core, its slots and (under TSan) the slots' clocks are one block.

struct Layout {
  size_t align;
  size_t ring_offset;
  size_t clocks_offset;
  size_t size;
};

constexpr size_t RoundUp(size_t value, size_t align) { return (value + align - 1) / align * align; }

Layout LayOut(const ElementOps& ops, size_t capacity) {
  Layout layout;
  layout.align = std::max({alignof(ChanCore), ops.align, alignof(void*)});
  layout.ring_offset = RoundUp(sizeof(ChanCore), layout.align);
  layout.clocks_offset = RoundUp(layout.ring_offset + capacity * ops.size, alignof(void*));
  layout.size = layout.clocks_offset + (tsan::kEnabled ? capacity * sizeof(void*) : 0);
  return layout;
}

// Called with the last reference: nobody else can touch the channel.
void DestroyChan(ChanCore* chan) {
  if (!chan->senders.Empty() || !chan->receivers.Empty()) return;  // they wait for ever
  edges::AcquireAllSlots(chan);
  size_t slot = chan->head;
  for (size_t left = chan->count.load(std::memory_order_relaxed); left > 0; --left) {
    chan->ops->destroy(chan->Slot(slot));
    slot = chan->Next(slot);
  }
  const Layout layout = LayOut(*chan->ops, chan->capacity);
  chan->~ChanCore();
  ::operator delete(chan, std::align_val_t(layout.align));
}

}  // namespace

void LockHold::AcquireGivingWay(sched::Lock* lock) {
  const auto take = [lock] { return lock->LooksFree() && lock->TryAcquire(); };
  if (!sched::TakeGivingWay(sched::CurrentM(), take)) lock->Acquire();
}

void NoteDone(const ChanCore* chan, Direction direction) {
  // Asked first, so that nobody pays for the id when nobody listens.
  if (record::AnyObservers()) {
    record::Observe(&hooks::Observers::on_chan, sched::Id(sched::Self()),
                    static_cast<const void*>(chan), direction);
  }
}

void CheckBubble(const ChanCore* chan, const char* what) {
  if (__builtin_expect(chan->bubbled, 0)) sched::RequireBubble(chan->bubble, what);
}

void BlockForever(const sched::WaitInfo& info) {
  for (;;) sched::Park(info, nullptr, nullptr);
}

void ThrowSendOnClosed(const ChanCore* chan) {
  ThrowClosed(chan, "send on closed channel", "sends on it");
}

ChanCore* MakeChanCore(const ElementOps* ops, size_t capacity) {
  if (capacity > kMaxBytes / ops->size) throw Panic("makechan: size out of range");
  const Layout layout = LayOut(*ops, capacity);
  auto* block =
      static_cast<unsigned char*>(::operator new(layout.size, std::align_val_t(layout.align)));
  auto* chan = new (block)
      ChanCore(ops, capacity, block + layout.ring_offset, {.id = sched::Id(sched::Self())},
               __builtin_return_address(0), sched::CurrentBubbleId());
  if constexpr (tsan::kEnabled) {
    chan->slot_clocks = reinterpret_cast<void**>(block + layout.clocks_offset);
    std::fill_n(chan->slot_clocks, capacity, nullptr);
  }
  return chan;
}

// Relaxed: whoever copies a handle has one, so the count is not zero and nothing is published.
void RetainChan(ChanCore* chan) noexcept {
  chan->references.fetch_add(1, std::memory_order_relaxed);
}

// Release: what this holder did to the channel is done before it is destroyed; acquire in the last
// one, to see what the others did.
void ReleaseChan(ChanCore* chan) noexcept {
  if (chan->references.fetch_sub(1, std::memory_order_acq_rel) == 1) DestroyChan(chan);
}

void ChanSend(ChanCore* chan, void* element) {
  if (__builtin_expect(chan == nullptr, 0)) BlockOnNil(WaitReason::kChanSendNil, Direction::kSend);
  if (__builtin_expect(IsSpecial(chan) || !chan->lock.TryAcquire(), 0)) {
    SendSpecially(chan, element);
  } else if (AppendWord(chan, element)) {
    chan->lock.Release();
  } else {
    SendLocked(chan, element);
  }
}

bool ChanRecv(ChanCore* chan, void* slot) {
  if (__builtin_expect(chan == nullptr, 0)) {
    BlockOnNil(WaitReason::kChanReceiveNil, Direction::kReceive);
  }
  if (__builtin_expect(IsSpecial(chan) || !chan->lock.TryAcquire(), 0)) {
    return ReceiveSpecially(chan, slot);
  }
  if (TakeWord(chan, slot)) {
    chan->lock.Release();
    return true;
  }
  return ReceiveLocked(chan, slot);
}

TryResult ChanTrySend(ChanCore* chan, void* element) {
  if (chan == nullptr) return WouldBlock();
  CheckBubble(chan, "send on synctest channel");
  if (CertainlyCannotSend(chan)) return WouldBlock();
  sched::SchedulingPoint();
  if (TrySendLocked(chan, element) != TryResult::kDone) return WouldBlock();
  NoteDone(chan, Direction::kSend);
  return TryResult::kDone;
}

TryResult ChanTryRecv(ChanCore* chan, void* slot) {
  if (chan == nullptr) return WouldBlock();
  CheckBubble(chan, "receive on synctest channel");
  switch (ForeseeReceive(chan)) {
    case TryResult::kWouldBlock:
      return WouldBlock();
    case TryResult::kClosed:
      sched::SchedulingPoint();
      return ClosedAndDrained(chan);
    case TryResult::kDone:
      break;
  }
  sched::SchedulingPoint();
  switch (TryReceiveLocked(chan, slot)) {
    case Attempt::kMustWait:
      return WouldBlock();
    case Attempt::kClosed:
      return ClosedAndDrained(chan);
    case Attempt::kDone:
      break;
  }
  NoteDone(chan, Direction::kReceive);
  return TryResult::kDone;
}

void ChanClose(ChanCore* chan) {
  if (chan == nullptr) Misuse("close of nil channel").Caller("closes it").Throw();
  CheckBubble(chan, "close of synctest channel");
  sched::SchedulingPoint();
  const Actor closer = {.id = sched::Id(sched::Self()), .stack = record::CaptureStack()};
  CrowdAhead ahead;
  ChanRef keep;  // those that are woken may drop the handle that the caller has
  for (bool first = true, more = true; more; first = false) {
    Wakeups wakeups;
    LockHold hold(&chan->lock);
    if (first) {
      if (chan->closed.load(std::memory_order_relaxed)) {
        hold.Release();
        ThrowClosed(chan, "close of closed channel", "closes it");
      }
      chan->closer = closer;
      edges::ReleaseClose(chan);
      // Release pairs with the acquire in ForeseeReceive.
      chan->closed.store(true, std::memory_order_release);
    }
    more = WakeSome(chan, &ahead, &wakeups);
    if (first && more) {
      RetainChan(chan);
      keep = ChanRef(chan);
    }
  }
  record::Observe(&hooks::Observers::on_close, closer.id, static_cast<const void*>(chan));
}

// Relaxed: a length is out of date as soon as it is known.
size_t ChanLen(const ChanCore* chan) noexcept {
  return chan == nullptr ? 0 : chan->count.load(std::memory_order_relaxed);
}

size_t ChanCap(const ChanCore* chan) noexcept { return chan == nullptr ? 0 : chan->capacity; }

}  // namespace muster::internal
