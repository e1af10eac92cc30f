// Any bytes to the reader of wire alone. It checks every index, so that what it accepts can be
// followed.
#include <cstddef>
#include <cstdint>

#include "inspector/formats/readers.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  muster::inspector::Snapshot snapshot;
  const auto status =
      muster::inspector::formats::ReadWire(muster::inspector::fuzz::AsText(data, size), &snapshot);
  if (!status.ok()) return 0;
  muster::inspector::fuzz::CheckWritable(snapshot);
  muster::inspector::fuzz::CheckShowable(snapshot);
  return 0;
}
