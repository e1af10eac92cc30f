// The writers, one per format; Write chooses.
#ifndef MUSTER_INSPECTOR_FORMATS_WRITERS_H_
#define MUSTER_INSPECTOR_FORMATS_WRITERS_H_

#include <iosfwd>

#include "muster/inspector/formats.h"
#include "muster/inspector/model.h"

namespace muster::inspector::formats {

void WriteText1(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out);
void WriteText2(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out);
void WriteProto(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out);
// These two keep everything, whatever the options say.
void WriteJson(const Snapshot& snapshot, std::ostream& out);
void WriteWire(const Snapshot& snapshot, std::ostream& out);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_WRITERS_H_
