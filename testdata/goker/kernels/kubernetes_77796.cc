// Dispatchers of one cache reuse its buffer of blocked watchers, each a little after the other.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Cacher {
  Mutex mutex;
  int blocked = 0;

  void DispatchEvent(bool buggy) {
    mutex.Lock();
    blocked = 0;
    mutex.Unlock();
    if (!buggy) mutex.Lock();
    volatile int seen = blocked;  // goes through the buffer
    static_cast<void>(seen);
    if (!buggy) mutex.Unlock();
  }
};

// A global: copying a shared_ptr for the next dispatcher would order it after the one that has let
// go of its own, and hide the race.
Cacher g_cacher;

KERNEL(kubernetes_77796, "Data race", "RACE") {
  for (int i = 0; i < 3; ++i) {
    Go([buggy] { g_cacher.DispatchEvent(buggy); });
    time::Sleep(absl::Milliseconds(10));
  }
}

}  // namespace
}  // namespace goker
