// The memory map of a process, as /proc/PID/maps tells it.
#ifndef MUSTER_INSPECTOR_SYMBOLS_PROC_MAPS_H_
#define MUSTER_INSPECTOR_SYMBOLS_PROC_MAPS_H_

#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector {

// ReadExecutableMappings lists the executable mappings that have a name (a file's path, "[vdso]"),
// by address; build-ids are left empty. Empty when the process is gone or may not be read.
std::vector<Mapping> ReadExecutableMappings(int pid);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_SYMBOLS_PROC_MAPS_H_
