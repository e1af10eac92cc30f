// The mappings of this process, read without the heap.
#ifndef MUSTER_REACH_MAPS_H_
#define MUSTER_REACH_MAPS_H_

#include <cstdint>

#include "runtime/reach/buffer.h"

namespace muster::reach {

struct Mapping {
  uintptr_t lo = 0;
  uintptr_t hi = 0;
  bool readable = false;
  bool writable = false;
  bool is_heap = false;        // "[heap]": what brk gives
  bool is_main_stack = false;  // "[stack]"
  bool is_file = false;
  bool is_device = false;  // of a file in /dev that is not memory
};

// Appends all mappings to `maps`, ascending. False when /proc cannot be read, or `maps` is too
// small.
bool ReadMaps(Buffer<Mapping>* maps);

// The mapping that holds `address`; nullptr if there is none.
const Mapping* FindMapping(const Buffer<Mapping>& maps, uintptr_t address);

}  // namespace muster::reach

#endif  // MUSTER_REACH_MAPS_H_
