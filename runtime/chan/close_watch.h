// CloseWatch: what makes the closing of a channel, such as a context's Done, end a wait on
// something else. It is to that other primitive what a second case is to a select.
//
// The one that waits, holding its own primitive's lock: Arm, which takes the channel's lock and
// queues a waiter there; link itself at the primitive; Park with an UnlockFn that calls Unlock and
// then releases the primitive's own lock; Disarm. Whoever would complete it on the primitive's side
// calls Claim, under that one's lock, and lets it be if that says no: the close was first, and the
// one that waits takes itself out. It is readied by who has claimed it, and by nobody else.
//
// Order of locks: the primitive's, then the channel's.
#ifndef MUSTER_CHAN_CLOSE_WATCH_H_
#define MUSTER_CHAN_CLOSE_WATCH_H_

#include "muster/select.h"
#include "runtime/chan/chan_core.h"
#include "runtime/chan/edges.h"
#include "runtime/chan/waiter.h"

namespace muster::internal {

class CloseWatch {
 public:
  // Nothing is ever sent on `chan`. A nil channel is never closed.
  explicit CloseWatch(const ChanRef& chan) : chan_(chan) { case_.chan = chan.get(); }
  CloseWatch(const CloseWatch&) = delete;
  CloseWatch& operator=(const CloseWatch&) = delete;

  // False: the channel is closed already, and nothing has been done. True: its lock is held.
  bool Arm(sched::G* self) {
    ChanCore* const chan = chan_.get();
    if (chan == nullptr) return true;
    chan->lock.Acquire();
    if (chan->closed.load(std::memory_order_relaxed)) {
      chan->lock.Release();
      edges::AcquireClose(chan);
      return false;
    }
    waiter_.g = self;
    waiter_.group = &group_;
    edges::BeforePark(&waiter_);
    chan->receivers.PushBack(&waiter_);
    return true;
  }

  // From here on the close may end the wait. The watch must not go before the caller is done.
  void Unlock() {
    if (chan_.get() != nullptr) chan_.get()->lock.Release();
  }

  // Called once the wait is over. True: the close has ended it.
  bool Disarm() {
    ChanCore* const chan = chan_.get();
    if (chan == nullptr) return false;
    chan->lock.Acquire();
    if (waiter_.linked) chan->receivers.Remove(&waiter_);
    chan->lock.Release();
    edges::AfterWake(&waiter_);
    if (group_.winner.load(std::memory_order_relaxed) != &waiter_) return false;
    edges::AcquireClose(chan);
    return true;
  }

  // Whether the other side may complete the wait. Once only.
  bool Claim() {
    Waiter* nobody = nullptr;
    // Relaxed: see SelectGroup.
    return group_.winner.compare_exchange_strong(nobody, &other_side_, std::memory_order_relaxed);
  }

  // What the record is to show of the channel: null, and 0, without one.
  const SelectCase* cases() const { return chan_.get() == nullptr ? nullptr : &case_; }
  int case_count() const { return chan_.get() == nullptr ? 0 : 1; }
  // Whether only goroutines of the channel's own bubble can close it.
  bool durable() const { return chan_.get() == nullptr || chan_.get()->bubbled; }

 private:
  const ChanRef chan_;
  SelectCase case_;
  SelectGroup group_;
  Waiter waiter_;
  Waiter other_side_;  // stands for it in the group
};

}  // namespace muster::internal

#endif  // MUSTER_CHAN_CLOSE_WATCH_H_
