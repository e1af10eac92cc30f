// From the runtime's record to the model, value by value.
#ifndef MUSTER_INSPECTOR_CAPTURE_CONVERT_H_
#define MUSTER_INSPECTOR_CAPTURE_CONVERT_H_

#include <cstdint>

#include "inspector/capture/record_stacks.h"
#include "muster/inspector/model.h"
#include "muster/record.h"

namespace muster::inspector {

// What a capture says of itself.
void Convert(const record::Summary& raw, Snapshot* snapshot);

// Overwrites all of `goroutine`. `now_ns` is the capture's monotonic time. New stacks are
// symbolised if a symbolizer is given.
void Convert(const record::Goroutine& raw, int64_t now_ns, RecordStacks* stacks,
             Symbolizer* symbolizer, Goroutine* goroutine);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_CONVERT_H_
