// FrameName: what a return address is called. Async-signal-safe, as far as the symboliser is
// (record.h); thread-safe.
#ifndef MUSTER_RECORD_FRAME_NAME_H_
#define MUSTER_RECORD_FRAME_NAME_H_

#include <cstdint>

namespace muster::record {

struct FrameName {
  char function[512];
  char place[512];        // "file:line"; else "module+0xoffset", or "?"
  bool has_line = false;  // the former
};

// Never fails: an address that nothing is known of is named by its number.
void NameOf(uint64_t pc, FrameName* name);

}  // namespace muster::record

#endif  // MUSTER_RECORD_FRAME_NAME_H_
