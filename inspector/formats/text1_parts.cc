#include "inspector/formats/text1_parts.h"

#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "inspector/formats/columns.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

// Go prints the address within the call, and the offset that goes with it.
Row FrameRow(const Frame& frame) {
  const uint64_t within_call = frame.pc == 0 ? 0 : frame.pc - 1;
  std::string address = Cat("0x", Hex(within_call));
  if (frame.function.empty()) return {"#", std::move(address)};
  const uint64_t offset = frame.function_offset == 0 ? 0 : frame.function_offset - 1;
  return {"#", std::move(address), Cat(OneLine(frame.function), "+0x", Hex(offset)),
          Cat(OneLine(frame.file), ":", frame.line)};
}

}  // namespace

std::string Addresses(const Snapshot& snapshot, StackId stack) {
  std::string out = "@";
  if (stack < snapshot.stacks.size()) {
    for (const FrameId id : snapshot.stacks[stack].frames) {
      const Frame& frame = snapshot.frames[id];
      // An inlined frame has its caller's address, which is listed once.
      if (!frame.inlined || frame.pc == 0) Append(&out, " 0x", Hex(frame.pc));
    }
  }
  // pprof refuses a bucket without any address.
  if (out == "@") out = "@ 0x0";
  return out;
}

std::string FrameLines(const Folding& folding, StackId stack) {
  std::vector<Row> rows;
  for (const FrameId id : folding.Frames(stack)) rows.push_back(FrameRow(folding.frame(id)));
  return AlignColumns(rows);
}

void WriteMappings(const Snapshot& snapshot, std::ostream& out) {
  if (snapshot.mappings.empty()) return;
  out << "--- Memory map: ---\n";
  for (const Mapping& mapping : snapshot.mappings) {
    out << absl::StrFormat("%08x-%08x r-xp %08x 00:00 0 %s\n", mapping.start, mapping.limit,
                           mapping.offset, OneLine(mapping.file));
  }
}

}  // namespace muster::inspector::formats
