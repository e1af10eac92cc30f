// Error: why an operation on a descriptor failed, before it is put into words.
#ifndef MUSTER_NET_IO_ERROR_H_
#define MUSTER_NET_IO_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace muster::poll {

// 0: none; positive: an errno; negative: one of these.
enum Error : int { kOk = 0, kEof = -1, kClosed = -2, kTimedOut = -3, kCanceled = -4 };

inline Error FromErrno(int error) { return static_cast<Error>(error); }

// What happened to what: `op` "read", `subject` "tcp 127.0.0.1:80->127.0.0.1:51412". `call` is the
// system call that an errno comes from; empty when it is not to be named. `closed` is what is said
// of kClosed.
struct Context {
  absl::string_view op;
  absl::string_view subject = "";
  absl::string_view call = "";
  absl::string_view closed = "use of closed network connection";
};
absl::Status ToStatus(Error error, const Context& context);

// The same cause, marked as it was, in the words of what failed by it.
absl::Status Wrap(const absl::Status& cause, const Context& context);

// A failure that has no errno, such as an address that cannot be read.
absl::Status Failure(absl::StatusCode code, absl::string_view op, absl::string_view subject,
                     absl::string_view reason);

// Go's words for an errno: "connection refused".
std::string ErrnoText(int error);

}  // namespace muster::poll

#endif  // MUSTER_NET_IO_ERROR_H_
