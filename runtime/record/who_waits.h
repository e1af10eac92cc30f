// Who waits for whom, in sentences, for reports of a dying process.
#ifndef MUSTER_RECORD_WHO_WAITS_H_
#define MUSTER_RECORD_WHO_WAITS_H_

#include <cstdint>

#include "muster/record.h"
#include "runtime/record/traceback.h"

namespace muster::record {

// What is at `address`; nullptr when the snapshot does not say.
const Object* FindObject(const Snapshot& snapshot, uint64_t address);

// "goroutine 7", or "thread 345" for a foreign thread.
void WriteWho(ErrorWriter& out, const Snapshot& snapshot, uint64_t id);

// "goroutine 7 waits for sync.Mutex 0x1, which goroutine 8 holds (taken in F at f.cc:3)\n", if it
// waits for something that is held; true if so.
bool WriteHolderAwaited(ErrorWriter& out, const Snapshot& snapshot, const Goroutine& goroutine);

}  // namespace muster::record

#endif  // MUSTER_RECORD_WHO_WAITS_H_
