// Creation stacks: what is kept of where a goroutine was started.
#ifndef MUSTER_RECORD_CREATION_H_
#define MUSTER_RECORD_CREATION_H_

#include <cstdint>

namespace muster::record {

// MUSTER_RECORD: kOff keeps ids and waits only; kSite the innermost frames of the Go call; kFull,
// the default, its whole stack.
enum class Level { kOff, kSite, kFull };
Level RecordLevel();

// The id of the calling stack in the stack table; 0 at level kOff, or when the table is full.
uint32_t CaptureStack();

}  // namespace muster::record

#endif  // MUSTER_RECORD_CREATION_H_
