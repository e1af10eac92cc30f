// Observe: how the runtime calls the installed observers. One relaxed load when nobody listens.
#ifndef MUSTER_RECORD_OBSERVE_H_
#define MUSTER_RECORD_OBSERVE_H_

#include <atomic>
#include <cstdint>

#include "muster/hooks.h"

namespace muster::record {

extern std::atomic<const hooks::Observers*> g_observers;

// Who wants to hear of every lock: one word, so that the fast paths have one thing to look at.
inline constexpr uint32_t kWatchedByObservers = 1;
inline constexpr uint32_t kWatchedForLockOrder = 2;
extern std::atomic<uint32_t> g_watched;

// Marks the calling thread as inside an observer for its scope. An observer never parks (that is
// fatal), so it ends on the thread that it began on.
class ObserverScope {
 public:
  ObserverScope();
  ~ObserverScope();
  ObserverScope(const ObserverScope&) = delete;
  ObserverScope& operator=(const ObserverScope&) = delete;
};
// Whether the caller is called by an observer; one relaxed load when nobody listens.
bool InsideObserverNow();
inline bool InsideObserver() {
  return g_observers.load(std::memory_order_relaxed) != nullptr && InsideObserverNow();
}

// A hint, for who has something to do before it calls an observer.
inline bool AnyObservers() {
  return __builtin_expect(g_observers.load(std::memory_order_relaxed) != nullptr, 0);
}

// Out of line, so that a caller keeps no registers for it. Acquire: a table was published by
// Install's release exchange.
template <typename Member, typename... Args>
__attribute__((noinline, cold)) void CallObserver(Member member, Args... args) {
  const hooks::Observers* observers = g_observers.load(std::memory_order_acquire);
  if (observers == nullptr || observers->*member == nullptr || InsideObserverNow()) return;
  const ObserverScope scope;
  (observers->*member)(args...);
}

// Relaxed is enough to find no table.
template <typename Member, typename... Args>
inline void Observe(Member member, Args... args) {
  if (AnyObservers()) CallObserver(member, args...);
}

}  // namespace muster::record

#endif  // MUSTER_RECORD_OBSERVE_H_
