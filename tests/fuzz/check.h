// What must hold of everything that a reader accepts, whatever the input was.
#ifndef MUSTER_TESTS_FUZZ_CHECK_H_
#define MUSTER_TESTS_FUZZ_CHECK_H_

#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "muster/inspector/analysis.h"
#include "muster/inspector/formats.h"
#include "muster/inspector/report.h"
#include "muster/inspector/views.h"

namespace muster::inspector::fuzz {

// It can be written in every form, and read again with as many goroutines where the form is
// lossless.
inline void CheckWritable(const Snapshot& snapshot) {
  for (const Format format :
       {Format::kText1, Format::kText2, Format::kProto, Format::kJson, Format::kWire}) {
    std::ostringstream out;
    Write(snapshot, format, out);
    if (format != Format::kJson && format != Format::kWire) continue;
    const auto again = Read(out.str(), "again");
    if (!again.ok() || again->goroutines.size() != snapshot.goroutines.size()) std::abort();
  }
}

// It can be shown and judged.
inline void CheckShowable(const Snapshot& snapshot) {
  std::ostringstream out;
  WriteGrouped(snapshot, out);
  WriteFindings(snapshot, Analyze(snapshot), out);
  WriteList(snapshot, out);
  WriteTree(snapshot, BuildCreationTree(snapshot), out);
  WriteWaitForSvg(snapshot, BuildWaitFor(snapshot), out);
  WriteFlame(snapshot, FlameForm::kSvg, out);
}

inline std::string_view AsText(const unsigned char* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace muster::inspector::fuzz

#endif  // MUSTER_TESTS_FUZZ_CHECK_H_
