// Who is queued on a channel, for the search for leaks.
#include "runtime/chan/chan_core.h"
#include "runtime/reach/waiting.h"

namespace muster::internal {
namespace {

bool Holds(const WaitQueue& queue, const sched::G* g) {
  for (const Waiter* waiter = queue.First(); waiter != nullptr; waiter = waiter->next) {
    if (waiter->g != g) continue;
    return waiter->group == nullptr ||
           waiter->group->winner.load(std::memory_order_relaxed) == nullptr;
  }
  return false;
}

}  // namespace
}  // namespace muster::internal

namespace muster::reach {

bool QueuedOnChan(const void* address, const sched::G* g) {
  const auto* chan = static_cast<const internal::ChanCore*>(address);
  return chan->lock.LooksFree() &&
         (internal::Holds(chan->senders, g) || internal::Holds(chan->receivers, g));
}

bool IsFedByTimer(const void* address) {
  return static_cast<const internal::ChanCore*>(address)->fed_by_timer;
}

}  // namespace muster::reach
