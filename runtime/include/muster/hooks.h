// Hooks: a table of observers that tools can listen with.
//
// With no table installed a hook costs one relaxed load and a predicted branch. Observers run
// inside the runtime, on the goroutine (or scheduler) concerned. They must not throw, and must not
// block: a call that would park inside an observer ends the process with a report whose stack names
// it. What an observer itself does is not observed in turn.
#ifndef MUSTER_HOOKS_H_
#define MUSTER_HOOKS_H_

#include <cstdint>

#include "muster/record.h"

namespace muster::hooks {

struct Observers {
  void (*on_create)(uint64_t id, uint64_t parent_id) = nullptr;
  void (*on_start)(uint64_t id) = nullptr;  // it runs for the first time
  void (*on_block)(uint64_t id, record::WaitReason reason, const void* object) = nullptr;
  void (*on_unblock)(uint64_t id, uint64_t by_id) = nullptr;  // by 0: a timer or a thread
  void (*on_exit)(uint64_t id) = nullptr;
  void (*on_chan)(uint64_t id, const void* chan, record::Direction direction) = nullptr;
  void (*on_close)(uint64_t id, const void* chan) = nullptr;
  void (*on_lock)(uint64_t id, const void* lock, record::Direction direction) = nullptr;
  void (*on_unlock)(uint64_t id, const void* lock, record::Direction direction) = nullptr;
  void (*on_panic)(uint64_t id, const char* what) = nullptr;
};

// Install makes `observers` the table; nullptr removes it. The table must live until it has been
// replaced and every call that may still use it has returned (in practice: for ever, or until the
// scheduler is idle). Returns the table that was there. Thread-safe.
const Observers* Install(const Observers* observers);

}  // namespace muster::hooks

#endif  // MUSTER_HOOKS_H_
