// SelfDump: a dump of the calling process, piece by piece, in as little memory as its format
// allows: grouped formats take it for the groups, debug=2 text is made while it is read.
#ifndef MUSTER_INSPECTOR_CAPTURE_SELF_DUMP_H_
#define MUSTER_INSPECTOR_CAPTURE_SELF_DUMP_H_

#include <memory>
#include <string>

#include "muster/inspector/formats.h"

namespace muster::inspector {

// Not thread-safe; several may be under way at once.
class SelfDump {
 public:
  virtual ~SelfDump() = default;
  // Appends a piece of some 64 KiB, or more if the format is not made in pieces. False when that
  // was the last one.
  virtual bool AppendPiece(std::string* out) = 0;
};

std::unique_ptr<SelfDump> DumpSelf(Format format);
// Whether dumps of that format come in more than one piece.
bool IsStreamed(Format format);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_SELF_DUMP_H_
