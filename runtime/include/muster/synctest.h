// Bubbles: tests of concurrent code on a clock of their own, Go's package testing/synctest.
//
// Run calls a function in a goroutine of a new *bubble*. Every goroutine that is started in a
// bubble belongs to it. Its time, that of time::Now, Sleep, timers, tickers and contexts'
// deadlines, begins at midnight UTC 2000-01-01 and moves only when every goroutine of the bubble is
// *durably blocked*: then at once to the next moment at which one of them can go on. So a test of
// an hour's timeout takes microseconds, and ends the same way every time. absl::Now and other
// clocks are not concerned.
//
// Durably blocked is who can be woken only by a goroutine of the bubble or by its clock:
//  - a send or receive on a channel made in the bubble, or on a nil channel
//  - a select all of whose cases are such; a select without cases
//  - time::Sleep
//  - Cond::Wait
//  - WaitGroup::Wait, if the counter was last raised from zero in the bubble
// Everything else is not: locks, Once, input and output, system calls, channels from outside.
//
// Channels, timers and tickers that were made in a bubble belong to it: their use by anybody else
// throws Panic ("send on synctest channel from outside bubble"). A WaitGroup whose counter is not
// zero belongs to where it was raised from zero.
#ifndef MUSTER_SYNCTEST_H_
#define MUSTER_SYNCTEST_H_

#include <type_traits>

namespace muster::synctest {
namespace internal {
void RunBubble(void (*run)(void* fn), void* fn);
}  // namespace internal

// Run calls `fn()` in a goroutine of a new bubble, and returns when all goroutines of the bubble
// have ended. The clock stands still once `fn` has returned; timers that are then pending are
// dropped. `fn` is used in place, and must not be thrown out of: that ends the process, as in any
// goroutine. Blocks the calling goroutine; on a foreign thread it blocks that, as muster::Run does.
//
// Throws Panic when goroutines of the bubble are left that can never go on. The message begins with
// Go's words, "deadlock: all goroutines in bubble are blocked" or "deadlock: main bubble goroutine
// has exited but blocked goroutines remain", and goes on with each of them, what it waits on and
// its stacks. They stay blocked for ever. Throws Panic if the caller is in a bubble itself.
//
// Memory model: the end of each goroutine of the bubble happens before Run returns.
template <typename F>
void Run(F&& fn) {
  using Function = std::remove_reference_t<F>;
  Function* const function = &fn;
  internal::RunBubble([](void* arg) { (**static_cast<Function* const*>(arg))(); },
                      const_cast<void*>(static_cast<const void*>(&function)));
}

// Wait blocks until every other goroutine of the caller's bubble is durably blocked or has ended
// ("synctest.Wait"). The clock does not move meanwhile. Throws Panic outside of a bubble, and when
// another goroutine of the bubble is in Wait.
//
// Memory model: what a goroutine of the bubble did before it blocked happens before Wait returns.
void Wait();

}  // namespace muster::synctest

#endif  // MUSTER_SYNCTEST_H_
