// The store queues raft messages under its lock and a replica calls back under its own.
#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Replica {
  Mutex raft_mutex;
  Mutex mutex;
};

struct Store {
  Mutex coalesced_mutex;
  Replica replicas[2];

  void SendQueuedHeartbeats(bool buggy) {
    coalesced_mutex.Lock();
    if (!buggy) coalesced_mutex.Unlock();
    for (int beat = 0; beat < 2; ++beat) {
      for (Replica& replica : replicas) {
        replica.raft_mutex.Lock();
        replica.raft_mutex.Unlock();
      }
    }
    if (buggy) coalesced_mutex.Unlock();
  }
  void Tick(Replica& replica) {
    const std::scoped_lock raft(replica.raft_mutex);
    const std::scoped_lock own(replica.mutex);
    for (int message = 0; message < 2; ++message) {
      coalesced_mutex.Lock();
      coalesced_mutex.Unlock();
    }
  }
};

KERNEL(cockroach_10214, "AB-BA deadlock", "CYCLE PRED PART LEAK") {
  auto store = std::make_shared<Store>();
  Go([store, buggy] { store->SendQueuedHeartbeats(buggy); });
  Go([store] { store->Tick(store->replicas[0]); });
}

}  // namespace
}  // namespace goker
