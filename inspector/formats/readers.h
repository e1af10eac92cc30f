// The readers, one per format. Each gets the whole input, unwrapped where that applies, and fills
// `snapshot`; `format`, `source` and the checks that all share are set by Read.
#ifndef MUSTER_INSPECTOR_FORMATS_READERS_H_
#define MUSTER_INSPECTOR_FORMATS_READERS_H_

#include <string_view>

#include "absl/status/status.h"
#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// Says so in a note when a Go text dump of `size` bytes is as long as Go lets one become.
void NoteGoLimit(size_t size, Snapshot* snapshot);

inline constexpr std::string_view kWireMagic = "\x89MUSTER\n";

void ReadText1(std::string_view text, Snapshot* snapshot);
void ReadText2(std::string_view text, Snapshot* snapshot);
void ReadPanicparse(std::string_view text, Snapshot* snapshot);
absl::Status ReadProto(std::string_view input, Snapshot* snapshot);
absl::Status ReadJson(std::string_view input, Snapshot* snapshot);
absl::Status ReadWire(std::string_view input, Snapshot* snapshot);

// Checks every index of a snapshot that was read from a binary or JSON form, so that a damaged one
// is refused rather than followed.
absl::Status CheckIndexes(const Snapshot& snapshot);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_READERS_H_
