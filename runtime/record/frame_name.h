// FrameName: what a return address is called.
#ifndef MUSTER_RECORD_FRAME_NAME_H_
#define MUSTER_RECORD_FRAME_NAME_H_

#include <cstdint>

namespace muster::record {

struct FrameName {
  char function[512];
  char place[512];        // "file:line"; else "module+0xoffset", or "?"
  bool has_line = false;  // the former
};

// How the module of an address is found that has no line.
enum class Modules {
  kForSignals,  // async-signal-safe; for the thread that reports only (module_at.h)
  kOrdinary,    // by the dynamic linker; thread-safe
};

// Never fails: an address that nothing is known of is named by its number. As safe as `modules` and
// the symboliser (record.h) are.
void NameOf(uint64_t pc, FrameName* name, Modules modules = Modules::kForSignals);

}  // namespace muster::record

#endif  // MUSTER_RECORD_FRAME_NAME_H_
