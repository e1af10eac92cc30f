// What Go prints between a header's brackets, and what it means: state, reason, and what is waited
// on.
#ifndef MUSTER_INSPECTOR_FORMATS_STATUS_H_
#define MUSTER_INSPECTOR_FORMATS_STATUS_H_

#include <string_view>

#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// Sets `goroutine`'s state, reason, flags and, as far as the words tell, waits from one status such
// as "chan send (nil chan) (leaked)". A parenthesis that belongs to the reason stays with it.
void ApplyStatus(std::string_view status, Goroutine* goroutine);

// The status with its flags, as it stands in a header: "chan send (leaked)".
std::string FormatStatus(const Goroutine& goroutine);

// Whether only Go's own goroutines wait for `reason`.
bool IsSystemReason(std::string_view reason);

// Fills in what the status did not tell, from the names and arguments of the innermost frames: the
// kind of wait in debug=1 dumps and under "semacquire", and the address of the lock or channel. An
// argument that Go marks as perhaps stale ("0xc000?") is not taken for an address.
void InferWait(const Snapshot& snapshot, Goroutine* goroutine);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_STATUS_H_
