// ModuleAt: the file that a piece of code was loaded from, in a signal handler too.
//
// dladdr takes the dynamic linker's lock, which the thread that died may hold, with the list of
// modules half changed. So the kernel is asked: /proc/self/maps, with nothing but system calls.
#ifndef MUSTER_RECORD_MODULE_AT_H_
#define MUSTER_RECORD_MODULE_AT_H_

#include <cstddef>
#include <cstdint>

namespace muster::record {

struct Module {
  char path[256] = "";
  uint64_t base = 0;  // where its first byte is mapped
};

// False when no file is mapped at `address`. Thread-safe: what the last calls have found is kept
// for one caller at a time, and others do without.
bool ModuleAt(uint64_t address, Module* module);

}  // namespace muster::record

#endif  // MUSTER_RECORD_MODULE_AT_H_
