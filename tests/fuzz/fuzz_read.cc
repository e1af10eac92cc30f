// Any bytes to Read, which sniffs the form, unpacks and unwraps.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using muster::inspector::fuzz::AsText;
  const auto snapshot = muster::inspector::Read(AsText(data, size), "fuzz");
  if (!snapshot.ok()) return 0;
  muster::inspector::fuzz::CheckWritable(*snapshot);
  muster::inspector::fuzz::CheckShowable(*snapshot);
  return 0;
}
