// What /proc tells of another process.
#ifndef MUSTER_INSPECTOR_CAPTURE_PROCESS_H_
#define MUSTER_INSPECTOR_CAPTURE_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace muster::inspector {

// The effective user that process `pid` runs as; nothing when there is no such process.
std::optional<uid_t> ProcessOwner(int pid);

// The name of its program, without its folder; "" when it cannot be told.
std::string ProgramName(int pid);

// The value that `variable` had when the process started; nothing when it was not set, or when its
// environment may not be read.
std::optional<std::string> EnvironmentOf(int pid, std::string_view variable);

// Its working directory, "" when it may not be read.
std::string WorkingDirectory(int pid);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_PROCESS_H_
