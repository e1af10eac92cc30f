// Profiles of what has happened since they were turned on (muster/runtime.h), by stack: block,
// mutex and goroutinecreate. What goroutines do now is a Snapshot.
#ifndef MUSTER_INSPECTOR_PROFILE_H_
#define MUSTER_INSPECTOR_PROFILE_H_

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector {

enum class ProfileKind { kBlock, kMutex, kGoroutineCreate };
// "block", "mutex", "goroutinecreate": Go's names, and the names of the endpoint's pages.
const char* ToString(ProfileKind kind);

struct Profile {
  struct Entry {
    StackId stack = kNoStack;  // kNoStack: of those whose stacks there was no room for
    int64_t count = 0;
    int64_t delay_ns = 0;
  };
  ProfileKind kind = ProfileKind::kBlock;
  // The frames and stacks of the entries, mappings, pid and time; it has no goroutines.
  Snapshot tables;
  int64_t period = 0;          // as set; 0: off
  std::vector<Entry> entries;  // the longest delay first, then the highest count
};

// CaptureProfile reads one of the calling process's own profiles, symbolised. Thread-safe.
Profile CaptureProfile(ProfileKind kind);

// WriteProfileProto writes pprof's protobuf, gzipped, with Go's sample types: contentions/count and
// delay/nanoseconds; goroutinecreate/count.
void WriteProfileProto(const Profile& profile, std::ostream& out);
// WriteProfileText writes Go's debug=1 text. A cycle is a nanosecond.
void WriteProfileText(const Profile& profile, std::ostream& out);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_PROFILE_H_
