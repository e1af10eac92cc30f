#include "runtime/net/io_error.h"

#include <cctype>
#include <cstring>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "muster/io.h"

namespace muster {
namespace poll {
namespace {

// Payloads of statuses, by which the causes are told apart whatever the words.
constexpr char kErrnoPayload[] = "muster.errno";
constexpr char kClosedPayload[] = "muster.closed";
constexpr char kTimeoutPayload[] = "muster.timeout";

std::string Sentence(absl::string_view op, absl::string_view subject, absl::string_view reason) {
  return absl::StrCat(op, subject.empty() ? "" : " ", subject, ": ", reason);
}

absl::Status Marked(absl::Status status, const char* payload, absl::string_view value) {
  status.SetPayload(payload, absl::Cord(value));
  return status;
}

}  // namespace

std::string ErrnoText(int error) {
  const char* const text = strerrordesc_np(error);
  if (text == nullptr) return absl::StrCat("errno ", error);
  std::string words = text;
  // glibc begins with a capital letter, which stays where a name is meant ("RPC").
  if (words.size() > 1 && std::islower(static_cast<unsigned char>(words[1])) != 0) {
    words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  }
  return words;
}

absl::Status ToStatus(Error error, const Context& context) {
  switch (error) {
    case kOk:
      return absl::OkStatus();
    case kEof:
      return io::EndOfFile();  // not wrapped, as in Go
    case kClosed:
      return Marked(
          absl::FailedPreconditionError(Sentence(context.op, context.subject, context.closed)),
          kClosedPayload, "");
    case kTimedOut:
      return Marked(
          absl::DeadlineExceededError(Sentence(context.op, context.subject, "i/o timeout")),
          kTimeoutPayload, "");
    case kCanceled:
      return absl::CancelledError(Sentence(context.op, context.subject, "operation was canceled"));
  }
  const std::string text = ErrnoText(error);
  const std::string reason = context.call.empty() ? text : absl::StrCat(context.call, ": ", text);
  return Marked(
      absl::Status(absl::ErrnoToStatusCode(error), Sentence(context.op, context.subject, reason)),
      kErrnoPayload, absl::StrCat(static_cast<int>(error)));
}

absl::Status Wrap(const absl::Status& cause, const Context& context) {
  if (cause.ok()) return cause;
  const std::string message(cause.message());
  absl::Status wrapped(cause.code(), Sentence(context.op, context.subject, message));
  cause.ForEachPayload([&wrapped](absl::string_view mark, const absl::Cord& value) {
    wrapped.SetPayload(mark, value);
  });
  return wrapped;
}

absl::Status Failure(absl::StatusCode code, absl::string_view op, absl::string_view subject,
                     absl::string_view reason) {
  return {code, Sentence(op, subject, reason)};
}

}  // namespace poll

namespace io {

absl::Status EndOfFile() { return absl::OutOfRangeError("EOF"); }

bool IsEOF(const absl::Status& err) {
  return err.code() == absl::StatusCode::kOutOfRange && err.message() == "EOF";
}

bool IsTimeout(const absl::Status& err) {
  return err.GetPayload(poll::kTimeoutPayload).has_value();
}

bool IsClosed(const absl::Status& err) { return err.GetPayload(poll::kClosedPayload).has_value(); }

int Errno(const absl::Status& err) {
  const auto payload = err.GetPayload(poll::kErrnoPayload);
  int error = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &error)) return 0;
  return error;
}

}  // namespace io
}  // namespace muster
