// Pieces: an input that is read, and parsed, piece by piece. A Go text dump (debug=2 and its like)
// is cut at its goroutines' headers, so that Read can take each piece by itself; anything else is
// one piece, however long.
#ifndef MUSTER_INSPECTOR_FORMATS_PIECES_H_
#define MUSTER_INSPECTOR_FORMATS_PIECES_H_

#include <cstddef>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "muster/inspector/formats.h"
#include "muster/inspector/model.h"

namespace muster::inspector::formats {

struct PieceSink {
  // Called for each piece by several threads at once.
  std::function<void(Snapshot* part)> prepare;
  // Called for one piece after the other, in their order.
  std::function<void(Snapshot part)> add;
};

// ReadPieces hands each piece to `sink`, while the next ones are read and parsed by threads of its
// own. What is said of the input as a whole — its source, totals, notes, whether it is cut — is
// gathered in `whole`, which has no goroutines yet or those that the sink puts there. Errors are
// those of Read, for the first piece, and of `more`; of a later piece that is not understood a note
// tells.
absl::Status ReadPieces(const ReadMore& more, std::string_view source, size_t piece,
                        const PieceSink& sink, Snapshot* whole);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_PIECES_H_
