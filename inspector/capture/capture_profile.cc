#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "inspector/capture/own_symbols.h"
#include "inspector/capture/record_stacks.h"
#include "muster/inspector/profile.h"
#include "muster/record.h"

namespace muster::inspector {
namespace {

record::StackProfile ReadRecord(ProfileKind kind) {
  switch (kind) {
    case ProfileKind::kBlock:
      return record::BlockProfile();
    case ProfileKind::kMutex:
      return record::MutexProfile();
    case ProfileKind::kGoroutineCreate:
      return record::GoroutineCreateProfile();
  }
  return {};
}

}  // namespace

Profile CaptureProfile(ProfileKind kind) {
  const record::StackProfile raw = ReadRecord(kind);
  Profile profile;
  profile.kind = kind;
  profile.period = raw.period;
  profile.tables.pid = getpid();
  profile.tables.source = absl::StrCat("pid ", profile.tables.pid);
  profile.tables.taken_unix_ns = absl::GetCurrentTimeNanos();
  const OwnSymbols symbols;
  RecordStacks stacks(&profile.tables);
  for (const record::StackProfile::Entry& entry : raw.entries) {
    profile.entries.push_back(
        {stacks.Add(entry.stack, symbols.symbolizer()), entry.count, entry.delay_ns});
  }
  profile.tables.mappings = symbols.symbolizer()->Mappings();
  std::stable_sort(profile.entries.begin(), profile.entries.end(),
                   [](const Profile::Entry& a, const Profile::Entry& b) {
                     return std::tie(a.delay_ns, a.count) > std::tie(b.delay_ns, b.count);
                   });
  return profile;
}

}  // namespace muster::inspector
