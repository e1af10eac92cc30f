// Feeds any bytes to Read; what is read must be writable in every form, and readable again where
// the form is lossless.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "muster/inspector/formats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using muster::inspector::Format;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto snapshot = muster::inspector::Read(input, "fuzz");
  if (!snapshot.ok()) return 0;
  for (const Format format :
       {Format::kText1, Format::kText2, Format::kProto, Format::kJson, Format::kWire}) {
    std::ostringstream out;
    muster::inspector::Write(*snapshot, format, out);
    if (format != Format::kJson && format != Format::kWire) continue;
    const auto again = muster::inspector::Read(out.str(), "again");
    if (!again.ok() || again->goroutines.size() != snapshot->goroutines.size()) std::abort();
  }
  return 0;
}
