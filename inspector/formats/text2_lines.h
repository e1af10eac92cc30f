// The lines of Go's debug=2 dumps, panics and SIGQUIT traces: what each kind looks like.
#ifndef MUSTER_INSPECTOR_FORMATS_TEXT2_LINES_H_
#define MUSTER_INSPECTOR_FORMATS_TEXT2_LINES_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// "goroutine 7 [chan receive, 3 minutes, locked to thread] {k: v}:" and its older and newer forms.
// A line that breaks off before its bracket closes is no header.
std::optional<Goroutine> ParseHeader(std::string_view line);

// "\t/path/file.go:12 +0x1f fp=0x1 sp=0x2 pc=0x3"; the offset and the registers may be missing.
struct Place {
  std::string_view file;
  int32_t line = 0;
  std::optional<uint64_t> offset;
  uint64_t pc = 0;
};
// "Goroutine 8 in state chan receive, with f on top of the stack:", which goleak prints before each
// stack; older versions have Go's own header in the next line as well.
std::optional<Goroutine> ParseGoleakHeader(std::string_view line);
std::optional<Place> ParsePlace(std::string_view line);

// "pkg.(*T).Method(0x1, {0x2, 0x3})"; `arguments` without the parentheses.
struct Call {
  std::string_view function;
  std::string_view arguments;
};
std::optional<Call> ParseCall(std::string_view line);

// "created by pkg.f in goroutine 7".
struct CreatedBy {
  std::string_view function;
  uint64_t goroutine = 0;
};
std::optional<CreatedBy> ParseCreatedBy(std::string_view line);

// "...12 frames elided..."; forms that give no number count as one.
std::optional<uint32_t> ParseElided(std::string_view line);

// "[originating from goroutine 7]:"
std::optional<uint64_t> ParseAncestor(std::string_view line);

// Lines that belong to a crash report and tell nothing of goroutines: registers, exit status.
bool IsTail(std::string_view line);
// The first line of a paragraph that says why the dump was printed: "fatal error: ...".
bool IsPreamble(std::string_view line);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_TEXT2_LINES_H_
