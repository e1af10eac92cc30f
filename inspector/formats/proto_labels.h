// What our pprof profiles carry beyond Go's, and how a reader knows it.
#ifndef MUSTER_INSPECTOR_FORMATS_PROTO_LABELS_H_
#define MUSTER_INSPECTOR_FORMATS_PROTO_LABELS_H_

#include <string_view>

namespace muster::inspector::formats {

inline constexpr std::string_view kOurComment = "muster goroutine profile";
inline constexpr std::string_view kNotePrefix = "note: ";
inline constexpr std::string_view kStateLabel = "state";
inline constexpr std::string_view kCreatorLabel = "created_by";
inline constexpr std::string_view kIdLabel = "goid";
inline constexpr std::string_view kWaitLabel = "wait_ns";
inline constexpr std::string_view kElidedFunction = "...additional frames elided...";

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_PROTO_LABELS_H_
