// Formats: a snapshot written and read as Go text (debug=1, debug=2), pprof protobuf, JSON and the
// wire form. Writers never fail on content; readers are tolerant: unknown lines are counted in the
// snapshot's notes, a cut end is reported, and only an input in which nothing is understood is an
// error.
#ifndef MUSTER_INSPECTOR_FORMATS_H_
#define MUSTER_INSPECTOR_FORMATS_H_

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

enum class Format { kText1, kText2, kProto, kJson, kWire };

// "text1", "text2", "proto", "json", "wire"; InvalidArgument names the choices.
absl::StatusOr<Format> ParseFormat(std::string_view name);
const char* ToString(Format format);
// The HTTP content type of a format.
const char* ContentType(Format format);

struct WriteOptions {
  bool all_frames = false;  // also the runtime's own frames
};

// Write streams `snapshot` in `format`. kProto is gzipped, as Go's is.
void Write(const Snapshot& snapshot, Format format, std::ostream& out, const WriteOptions& = {});

// Read sniffs the format of `input` (any that Write gives, and Go's own text dumps) and parses it.
// `source` names the input in messages. InvalidArgument says what, where, and what to do.
absl::StatusOr<Snapshot> Read(std::string_view input, std::string_view source);

// Fills `buffer` with up to `size` bytes more and says how many these are; 0 at the end.
using ReadMore = std::function<absl::StatusOr<size_t>(char* buffer, size_t size)>;

// Bytes of a Go text dump that are read before they are parsed.
inline constexpr size_t kPieceSize = size_t{8} << 20;

// ReadInPieces reads what `more` gives as Read does, without ever holding the whole text of a large
// Go dump (debug=2 and its like); what it keeps of such a dump is some 350 bytes and the arguments
// of each goroutine. Errors are those of Read and of `more`. Blocks while it reads; uses threads of
// its own.
absl::StatusOr<Snapshot> ReadInPieces(const ReadMore& more, std::string_view source,
                                      size_t piece = kPieceSize);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_FORMATS_H_
