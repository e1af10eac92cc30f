// Weighted: the units held, and a queue of requests in order of arrival.
//
// Invariants, under lock_:
//  - The first request does not fit, or has been ended by its context and is about to leave. So
//    whoever makes room, or takes the first request out, admits those that are next.
//  - A request is out of the queue exactly when it has been granted, or its goroutine took it out.
//
// A request may be granted and its context end at the same time; the CloseWatch decides which of
// them it was, once. The one that admits does so under the lock, and readies after it, touching the
// requests only: the semaphore may be gone by then.
#include "muster/semaphore.h"

#include "absl/strings/str_cat.h"
#include "muster/record.h"
#include "runtime/chan/close_watch.h"
#include "runtime/record/describe.h"
#include "runtime/record/misuse.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sync/caller.h"
#include "runtime/sync/lock_record.h"
#include "runtime/sync/queue.h"

namespace muster::semaphore {
namespace internal {

using ::muster::internal::AsLock;
using ::muster::internal::CloseWatch;

struct Request {
  Request(int64_t units, const void* return_address, const ::muster::internal::ChanRef& done)
      : n(units), pc(return_address), watch(done) {}

  const int64_t n;
  const void* const pc;  // of the call of Acquire
  sched::G* g = nullptr;
  uint64_t id = 0;
  Request* next = nullptr;
  Request* previous = nullptr;
  CloseWatch watch;
  sched::Lock* lock = nullptr;  // for Park
};

namespace {

void PushBack(RequestQueue& queue, Request* request) {
  request->previous = queue.last;
  (queue.last == nullptr ? queue.first : queue.last->next) = request;
  queue.last = request;
}

void Remove(RequestQueue& queue, Request* request) {
  (request->previous == nullptr ? queue.first : request->previous->next) = request->next;
  (request->next == nullptr ? queue.last : request->next->previous) = request->previous;
  request->next = request->previous = nullptr;
}

// An UnlockFn. After the first release the request's goroutine may run, but it stays until it has
// had the second lock.
void UnlockBoth(void* arg) {
  auto* const request = static_cast<Request*>(arg);
  sched::Lock* const lock = request->lock;
  request->watch.Unlock();
  lock->Release();
}

void ReadyAll(Request* list) {
  while (list != nullptr) {
    sched::G* const g = list->g;
    list = list->next;  // read before Ready: afterwards the request is gone
    sched::Ready(g);
  }
}

void CheckWeight(int64_t n) {
  if (__builtin_expect(n < 0, 0)) {
    ::muster::internal::Misuse("semaphore: negative weight")
        .Caller(absl::StrCat("asks for ", n))
        .Throw();
  }
}

}  // namespace

struct Access {
  static void CheckBubble(const Weighted& semaphore, const char* what) {
    if (__builtin_expect(semaphore.bubble_ != 0, 0)) sched::RequireBubble(semaphore.bubble_, what);
  }

  // ---- under the lock

  static bool Fits(const Weighted& semaphore, int64_t n) {
    return semaphore.size_ - semaphore.held_.load(std::memory_order_relaxed) >= n;
  }

  static void Take(Weighted& semaphore, int64_t n, uint64_t id, const void* pc) {
    semaphore.held_.store(semaphore.held_.load(std::memory_order_relaxed) + n,
                          std::memory_order_relaxed);
    ::muster::internal::NoteOwner(semaphore.last_, id, pc);
  }

  static bool TakeIfFree(Weighted& semaphore, int64_t n, uint64_t id, const void* pc) {
    if (semaphore.requests_.first != nullptr || !Fits(semaphore, n)) return false;
    Take(semaphore, n, id, pc);
    return true;
  }

  // Grants what there is room for, in order. The list is to be readied once the lock is free.
  static Request* Admit(Weighted& semaphore) {
    Request* list = nullptr;
    Request** end = &list;
    for (Request* request = semaphore.requests_.first; request != nullptr;) {
      if (!Fits(semaphore, request->n)) break;
      Request* const next = request->next;
      // Else it is about to take itself out.
      if (request->watch.Claim()) {
        Remove(semaphore.requests_, request);
        Take(semaphore, request->n, request->id, request->pc);
        *end = request;
        end = &request->next;
      }
      request = next;
    }
    return list;
  }

  // ----

  static bool TryTake(Weighted& semaphore, int64_t n, const void* pc) {
    const sched::LockGuard guard(AsLock(semaphore.lock_));
    return TakeIfFree(semaphore, n, ::muster::internal::CallerId(), pc);
  }

  // The request waits until it is granted (true) or its context is done.
  static bool Wait(Weighted& semaphore, Request& request) {
    sched::Lock& lock = AsLock(semaphore.lock_);
    request.g = sched::Self();
    request.id = sched::Id(request.g);
    request.lock = &lock;
    lock.Acquire();
    if (TakeIfFree(semaphore, request.n, request.id, request.pc)) {
      lock.Release();
      return true;
    }
    if (!request.watch.Arm(request.g)) {
      lock.Release();
      return false;
    }
    const bool can_be_had = request.n <= semaphore.size_;
    if (can_be_had) PushBack(semaphore.requests_, &request);
    sched::Park({.reason = record::WaitReason::kSemaphoreAcquire,
                 .kind = record::ObjectKind::kSemaphore,
                 .durable = semaphore.bubble_ != 0 && request.watch.durable(),
                 .object = &semaphore,
                 .cases = request.watch.cases(),
                 .case_count = request.watch.case_count()},
                &UnlockBoth, &request);
    if (!request.watch.Disarm()) return true;
    // Taken even if there is nothing to take out: see UnlockBoth.
    lock.Acquire();
    Request* list = nullptr;
    if (can_be_had) {
      const bool was_first = semaphore.requests_.first == &request;
      Remove(semaphore.requests_, &request);
      if (was_first) list = Admit(semaphore);
    }
    lock.Release();
    ReadyAll(list);
    return false;
  }

  static void Release(Weighted& semaphore, int64_t n) {
    CheckWeight(n);
    CheckBubble(semaphore, "release of synctest semaphore");
    sched::Lock& lock = AsLock(semaphore.lock_);
    tsan::Release(&semaphore);
    lock.Acquire();
    const int64_t held = semaphore.held_.load(std::memory_order_relaxed);
    if (held < n) {
      const uint64_t last = semaphore.last_.owner.load(std::memory_order_relaxed);
      const void* const pc = semaphore.last_.pc.load(std::memory_order_relaxed);
      lock.Release();
      PanicOverRelease(semaphore, n, held, last, pc);
    }
    semaphore.held_.store(held - n, std::memory_order_relaxed);
    Request* const list = Admit(semaphore);
    lock.Release();
    // The semaphore may be gone by now.
    ReadyAll(list);
  }

  [[noreturn]] static void PanicOverRelease(const Weighted& semaphore, int64_t n, int64_t held,
                                            uint64_t last, const void* pc) {
    ::muster::internal::Misuse misuse("semaphore: released more than held");
    misuse.Object(record::ToString(record::ObjectKind::kSemaphore), &semaphore,
                  absl::StrCat(", made by ", ::muster::internal::WhoIs(semaphore.maker_), ", ",
                               held, " of ", semaphore.size_, " held"));
    misuse.Caller(absl::StrCat("releases ", n));
    if (last == 0) {
      misuse.Note("nobody has ever acquired it");
    } else {
      misuse.Other(last, "was the last to acquire it", pc);
      misuse.Note("who has released it since then is not recorded");
    }
    misuse.Throw();
  }

  static void Describe(const Weighted& semaphore, record::Object* object) {
    object->capacity = static_cast<uint64_t>(semaphore.size_);
    object->length = static_cast<uint64_t>(semaphore.held_.load(std::memory_order_relaxed));
    object->creator_id = semaphore.maker_;
    object->created_at = reinterpret_cast<uint64_t>(semaphore.made_at_);
    object->last_holder_id = semaphore.last_.owner.load(std::memory_order_relaxed);
    object->owned_since_ns = semaphore.last_.since_ns.load(std::memory_order_relaxed);
    object->acquired_at =
        reinterpret_cast<uint64_t>(semaphore.last_.pc.load(std::memory_order_relaxed));
  }
};

}  // namespace internal

using internal::Access;

Weighted::Weighted(int64_t n) noexcept
    : size_(n),
      maker_(sched::Id(sched::Self())),
      made_at_(__builtin_return_address(0)),
      bubble_(sched::CurrentBubbleId()) {}

// The public calls stay out of line under LTO as well: their return address is the user's code.
__attribute__((noinline)) absl::Status Weighted::Acquire(const context::Context& ctx, int64_t n) {
  const void* const pc = __builtin_return_address(0);
  internal::CheckWeight(n);
  Access::CheckBubble(*this, "acquire of synctest semaphore");
  sched::SchedulingPoint();
  if (absl::Status done = ctx.Err(); !done.ok()) return done;
  if (!Access::TryTake(*this, n, pc)) {
    internal::Request request(n, pc, ctx.Done().ref());
    if (!Access::Wait(*this, request)) return ctx.Err();
    tsan::Acquire(this);
    // Go's rule: when both have come, the context wins.
    if (absl::Status done = ctx.Err(); !done.ok()) {
      Release(n);
      return done;
    }
    return absl::OkStatus();
  }
  tsan::Acquire(this);
  return absl::OkStatus();
}

__attribute__((noinline)) bool Weighted::TryAcquire(int64_t n) {
  const void* const pc = __builtin_return_address(0);
  internal::CheckWeight(n);
  Access::CheckBubble(*this, "acquire of synctest semaphore");
  if (!Access::TryTake(*this, n, pc)) {
    sched::BusyPoint();
    return false;
  }
  tsan::Acquire(this);
  return true;
}

void Weighted::Release(int64_t n) {
  Access::Release(*this, n);
  sched::SchedulingPoint();
}

}  // namespace muster::semaphore

namespace muster::record {

void DescribeSemaphore(const void* address, Object* object) {
  semaphore::internal::Access::Describe(*static_cast<const semaphore::Weighted*>(address), object);
}

}  // namespace muster::record
