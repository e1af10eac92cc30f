// Select, in three passes. With the locks of all its channels held:
//   1. look for a case that can be performed now, in random order;
//   2. if there is none, enqueue a waiter on every channel and park, which releases the locks;
//   3. after waking, take back the waiters of the cases that lost.
// The locks are taken in the order of the channels' addresses, each once however many cases name
// its channel, so two selects cannot deadlock on each other.
#include "muster/select.h"

#include <algorithm>
#include <utility>

#include "absl/container/fixed_array.h"
#include "runtime/chan/chan_core.h"
#include "runtime/chan/edges.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"

namespace muster::internal {
namespace {

using record::Direction;

constexpr int kDefault = -1;
// A partner met a throwing move while it performed our case: begin anew.
constexpr int kAgain = -2;

// More cases than this take a heap allocation while the select runs.
constexpr size_t kInlineCases = 8;
template <typename T>
using PerCase = absl::FixedArray<T, kInlineCases>;

Direction DirectionOf(const SelectCase& operation) {
  return operation.is_send ? Direction::kSend : Direction::kReceive;
}

WaitQueue& QueueOf(const SelectCase& operation) {
  return operation.is_send ? operation.chan->senders : operation.chan->receivers;
}

// The indices of the cases whose channel is not nil, by their channels' addresses.
class Operands {
 public:
  Operands(const SelectCase* cases, int count) : cases_(cases), order_(count) {
    for (int i = 0; i < count; ++i) {
      if (cases[i].chan != nullptr) order_[size_++] = i;
    }
    std::sort(order_.begin(), order_.begin() + size_,
              [cases](int a, int b) { return std::less<>()(cases[a].chan, cases[b].chan); });
  }

  int size() const { return size_; }
  int operator[](int position) const { return order_[position]; }
  ChanCore* Chan(int position) const { return cases_[order_[position]].chan; }
  // Whether the channel at `position` is not the one before it as well.
  bool IsFirstOfChan(int position) const {
    return position == 0 || Chan(position) != Chan(position - 1);
  }

 private:
  const SelectCase* cases_;
  int size_ = 0;
  PerCase<int> order_;
};

// Holds the locks of all operands.
class AllLocks {
 public:
  explicit AllLocks(const Operands* operands) : operands_(operands) {
    for (int i = 0; i < operands->size(); ++i) {
      if (operands->IsFirstOfChan(i)) operands->Chan(i)->lock.Acquire();
    }
  }
  ~AllLocks() {
    if (operands_ != nullptr) Release();
  }
  AllLocks(const AllLocks&) = delete;
  AllLocks& operator=(const AllLocks&) = delete;

  void Release() { Unlock(const_cast<Operands*>(Disown())); }

  // Releases the lock of `last` after all others. Once it is free, what was done to that channel
  // can be seen, and whoever sees it may destroy the caller's handles of the others.
  void ReleaseLast(ChanCore* last) {
    const Operands& operands = *Disown();
    for (int i = 0; i < operands.size(); ++i) {
      if (operands.IsFirstOfChan(i) && operands.Chan(i) != last) operands.Chan(i)->lock.Release();
    }
    last->lock.Release();
  }

  // The operands, whose locks the caller must see released: for Park with Unlock.
  const Operands* Disown() { return std::exchange(operands_, nullptr); }

  // An UnlockFn. From the first release on, the select may be woken and run; it cannot leave
  // RunSelect, where the operands are, before it has taken every lock once (TakeBack). The last one
  // released is that of position 0, and nothing is read after it.
  static void Unlock(void* lock) {
    const auto& operands = *static_cast<const Operands*>(lock);
    for (int i = operands.size(); i-- > 0;) {
      if (operands.IsFirstOfChan(i)) operands.Chan(i)->lock.Release();
    }
  }

 private:
  const Operands* operands_;
};

// References to all operands, for a select that parks: it has to take its waiters back from all of
// them, and whoever wakes it may drop the handles that it was given.
class References {
 public:
  explicit References(const Operands& operands) : operands_(operands) {
    for (int i = 0; i < operands.size(); ++i) {
      if (operands.IsFirstOfChan(i)) RetainChan(operands.Chan(i));
    }
  }
  ~References() {
    // Backwards: IsFirstOfChan compares with the one before.
    for (int i = operands_.size(); i-- > 0;) {
      if (operands_.IsFirstOfChan(i)) ReleaseChan(operands_.Chan(i));
    }
  }
  References(const References&) = delete;
  References& operator=(const References&) = delete;

 private:
  const Operands& operands_;
};

// One select, from its first pass to its last.
class Selection {
 public:
  Selection(SelectCase* cases, int count, const Operands& operands)
      : cases_(cases), count_(count), operands_(operands) {}

  // Returns a case's index, kDefault or kAgain.
  int Run(bool has_default) {
    Wakeups wakeups;
    AllLocks locks(&operands_);
    const int ready = PerformReadyCase(&locks, &wakeups);
    if (ready >= 0) return ready;
    if (has_default) return kDefault;
    return WaitForCase(&locks);
  }

 private:
  // Pass 1. Every order of the cases is equally likely. They are shuffled as they stand in the
  // source, not by address: the same random numbers choose the same case in every process.
  int PerformReadyCase(AllLocks* locks, Wakeups* wakeups) {
    PerCase<int> poll(operands_.size());
    int size = 0;
    for (int index = 0; index < count_; ++index) {
      if (cases_[index].chan == nullptr) continue;
      const auto j = static_cast<int>((uint64_t{sched::FastRand()} * (size + 1)) >> 32);
      poll[size] = index;
      std::swap(poll[size], poll[j]);
      ++size;
    }
    for (const int index : poll) {
      SelectCase& operation = cases_[index];
      const Attempt attempt = operation.is_send
                                  ? SendNow(operation.chan, operation.element, wakeups)
                                  : ReceiveNow(operation.chan, operation.element, wakeups);
      if (attempt == Attempt::kMustWait) continue;
      if (attempt == Attempt::kDone) {
        operation.received = !operation.is_send;
      } else {
        FinishClosed(operation, locks);
      }
      locks->ReleaseLast(operation.chan);
      return index;
    }
    return kDefault;
  }

  // The chosen case's channel is closed.
  void FinishClosed(const SelectCase& operation, AllLocks* locks) {
    if (operation.is_send) {
      if (locks != nullptr) locks->Release();
      ThrowSendOnClosed(operation.chan);
    }
    edges::AcquireClose(operation.chan);
  }

  // Pass 2.
  int WaitForCase(AllLocks* locks) {
    const References references(operands_);
    SelectGroup group;
    PerCase<Waiter> waiters(count_);
    sched::G* self = sched::Self();
    bool durable = true;
    for (int i = 0; i < operands_.size(); ++i) {
      const SelectCase& operation = cases_[operands_[i]];
      durable = durable && operation.chan->bubbled;
      Waiter& waiter = waiters[operands_[i]];
      waiter.g = self;
      waiter.element = operation.element;
      waiter.group = &group;
      edges::BeforePark(&waiter);
      QueueOf(operation).PushBack(&waiter);
    }
    const sched::WaitInfo info = {.reason = record::WaitReason::kSelect,
                                  .kind = record::ObjectKind::kChan,
                                  .direction = Direction::kNone,
                                  .durable = durable,
                                  .object = nullptr,
                                  .cases = cases_,
                                  .case_count = count_};
    sched::Park(info, &AllLocks::Unlock, const_cast<Operands*>(locks->Disown()));
    TakeBack(&waiters);
    return FinishWoken(*group.winner.load(std::memory_order_relaxed), waiters.data());
  }

  // Pass 3: afterwards no other goroutine knows of this select. It takes every lock, one after the
  // other; see AllLocks::Unlock for why the winner's is not left out.
  void TakeBack(PerCase<Waiter>* waiters) {
    for (int i = 0; i < operands_.size(); ++i) {
      if (operands_.IsFirstOfChan(i)) {
        if (i > 0) operands_.Chan(i - 1)->lock.Release();
        operands_.Chan(i)->lock.Acquire();
      }
      Waiter& waiter = (*waiters)[operands_[i]];
      if (waiter.linked) QueueOf(cases_[operands_[i]]).Remove(&waiter);
    }
    operands_.Chan(operands_.size() - 1)->lock.Release();
    for (int i = 0; i < operands_.size(); ++i) edges::AfterWake(&(*waiters)[operands_[i]]);
  }

  int FinishWoken(const Waiter& winner, const Waiter* first) {
    if (winner.outcome == Outcome::kRetry) return kAgain;
    const auto index = static_cast<int>(&winner - first);
    SelectCase& operation = cases_[index];
    if (winner.outcome == Outcome::kClosed) {
      FinishClosed(operation, nullptr);
    } else {
      operation.received = !operation.is_send;
    }
    return index;
  }

  SelectCase* cases_;
  int count_;
  const Operands& operands_;
};

[[noreturn]] void BlockWithoutChannels(const SelectCase* cases, int count) {
  BlockForever(
      {.reason = count == 0 ? record::WaitReason::kSelectNoCases : record::WaitReason::kSelect,
       .kind = count == 0 ? record::ObjectKind::kNone : record::ObjectKind::kChan,
       .direction = Direction::kNone,
       .durable = true,
       .object = nullptr,
       .cases = cases,
       .case_count = count});
}

}  // namespace

int RunSelect(SelectCase* cases, int count, bool has_default) {
  sched::SchedulingPoint();
  for (int i = 0; i < count; ++i) {
    if (cases[i].chan != nullptr) CheckBubble(cases[i].chan, "select on synctest channel");
  }
  const Operands operands(cases, count);
  if (operands.size() == 0 && !has_default) BlockWithoutChannels(cases, count);
  int chosen;
  do {
    chosen = Selection(cases, count, operands).Run(has_default);
  } while (chosen == kAgain);
  if (chosen == kDefault) {
    sched::BusyPoint();
  } else {
    NoteDone(cases[chosen].chan, DirectionOf(cases[chosen]));
  }
  return chosen;
}

}  // namespace muster::internal
