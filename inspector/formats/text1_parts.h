// What Go's debug=1 texts of all profiles have in common.
#ifndef MUSTER_INSPECTOR_FORMATS_TEXT1_PARTS_H_
#define MUSTER_INSPECTOR_FORMATS_TEXT1_PARTS_H_

#include <iosfwd>
#include <string>

#include "inspector/formats/visible.h"
#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// "@ 0x1 0x2".
std::string Addresses(const Snapshot& snapshot, StackId stack);

// "#\t0x1\tmain+0x2\t/src/app.cc:3", a line for each frame that is not folded, in columns.
std::string FrameLines(const Folding& folding, StackId stack);

// The section by which `go tool pprof` finds the binaries that the addresses belong to.
void WriteMappings(const Snapshot& snapshot, std::ostream& out);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_TEXT1_PARTS_H_
