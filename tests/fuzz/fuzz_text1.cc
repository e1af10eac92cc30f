// Any bytes to the reader of text1 alone, so that none is lost to the sniffing of other forms.
#include <cstddef>
#include <cstdint>

#include "inspector/formats/readers.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  muster::inspector::Snapshot snapshot;
  muster::inspector::formats::ReadText1(muster::inspector::fuzz::AsText(data, size), &snapshot);
  muster::inspector::fuzz::CheckWritable(snapshot);
  return 0;
}
