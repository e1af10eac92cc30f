// What reading and writing have in common: results and errors of muster/net.h and muster/os.h.
//
// An operation gives, as in Go, how many bytes it has moved and what stopped it. Both matter: a
// write may have sent half of its bytes before it failed.
//
//   auto [n, err] = conn.Read(buffer);
//
// Errors say what failed, on what, and why, in Go's words:
// "read tcp 127.0.0.1:80->127.0.0.1:51412: read: connection reset by peer". Their codes:
//
//   OUT_OF_RANGE "EOF"      the end of what there is to read (IsEOF)
//   DEADLINE_EXCEEDED       a deadline has passed (IsTimeout)
//   FAILED_PRECONDITION     closed by this program (IsClosed)
//   CANCELLED               the context was cancelled
//   others                  the kernel said so: see Errno
#ifndef MUSTER_IO_H_
#define MUSTER_IO_H_

#include <cstddef>

#include "absl/status/status.h"

namespace muster::io {

struct Result {
  size_t n = 0;
  absl::Status err;
};

// EOF is a macro of <cstdio>, hence the name.
absl::Status EndOfFile();

bool IsEOF(const absl::Status& err);
bool IsTimeout(const absl::Status& err);
// Whether the cause is that the connection, listener or file has been closed by this program (Go's
// net.ErrClosed and os.ErrClosed).
bool IsClosed(const absl::Status& err);
// The errno that the kernel gave; 0 when it was not the kernel that failed it.
int Errno(const absl::Status& err);

}  // namespace muster::io

#endif  // MUSTER_IO_H_
