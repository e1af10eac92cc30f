// Landmarks: the lines by which a dump's text is recognised, wherever they stand in a line.
#ifndef MUSTER_INSPECTOR_FORMATS_LANDMARK_H_
#define MUSTER_INSPECTOR_FORMATS_LANDMARK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster::inspector::formats {

enum class Landmark : uint8_t {
  kNone,
  kGoroutineHeader,  // "goroutine 7 [running]:"
  kProfileHeader,    // "goroutine profile: total 9"
  kBucket,           // "2 @ 0x103b125 0x106cd1f"
  kGoleak,           // "[Goroutine 8 in state select, with f on top of the stack:"
  kPanicparse,       // "1: chan send [1516 minutes] [Created by ...]"
};

struct Found {
  Landmark kind = Landmark::kNone;
  size_t at = 0;  // where in the line it begins
};

// The first landmark of a line.
Found FindLandmark(std::string_view line);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_LANDMARK_H_
