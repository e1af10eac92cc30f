// semaphore::Weighted bounds how much of something is in use at a time, as Go's
// golang.org/x/sync/semaphore does.
//
//   muster::semaphore::Weighted slots(8);
//   if (absl::Status status = slots.Acquire(ctx, 2); !status.ok()) return status;
//   Work();
//   slots.Release(2);
//
// Units belong to nobody: one goroutine may acquire them and another release them. Who waits is
// served in order of arrival, so a large request is not starved by small ones that would fit.
//
// Lifetime: a semaphore may be destroyed as soon as no call on it can begin or wait any more. A
// Release that let someone else proceed touches nothing afterwards, so the one who acquires all of
// it in order to wait for the others may have it in its frame.
//
// Memory model: what comes before a Release happens before the return of every later Acquire or
// TryAcquire that succeeds.
#ifndef MUSTER_SEMAPHORE_H_
#define MUSTER_SEMAPHORE_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "muster/context.h"
#include "muster/sync.h"

namespace muster::semaphore {

namespace internal {
struct Access;
struct Request;

// Who waits, first come first; linked through the requests on their stacks.
struct RequestQueue {
  Request* first = nullptr;
  Request* last = nullptr;
};
}  // namespace internal

// Thread-safe. One that is made in a synctest bubble belongs to it: then waiting for it is durable,
// and a call from outside throws Panic("... synctest semaphore from outside bubble").
class Weighted {
 public:
  // With `n` units, all free. Go's NewWeighted.
  explicit Weighted(int64_t n) noexcept;
  Weighted(const Weighted&) = delete;
  Weighted& operator=(const Weighted&) = delete;

  // Acquire takes `n` units. It waits ("semaphore.Weighted.Acquire") until they are free and it is
  // the caller's turn, or `ctx` is done: then it takes nothing and returns ctx.Err(), also when
  // both come true at once. A request for more than there are fails when `ctx` is done, and does
  // not stand in the way of others. Throws Panic("semaphore: negative weight").
  absl::Status Acquire(const context::Context& ctx, int64_t n);

  // TryAcquire takes `n` units if they are free and nobody waits. Never waits.
  bool TryAcquire(int64_t n);

  // Release gives `n` units back, and lets those go whose turn has come. Throws
  // Panic("semaphore: released more than held"), and changes nothing then.
  void Release(int64_t n);

 private:
  friend struct internal::Access;

  const int64_t size_;
  const uint64_t maker_;       // the goroutine that made it
  const void* const made_at_;  // return address of the call of the constructor
  const uint32_t bubble_;      // the synctest bubble that it was made in; 0 none
  ::muster::internal::QueueLock lock_;
  // Written under lock_; captures read them as they stand.
  std::atomic<int64_t> held_{0};
  internal::RequestQueue requests_;
  ::muster::internal::LockRecord last_;  // who took units last
};

}  // namespace muster::semaphore

#endif  // MUSTER_SEMAPHORE_H_
