#include "tools/gprof-dump/exit_code.h"

#include <cstdio>
#include <string>

#include "absl/strings/ascii.h"

namespace muster::gprof_dump {
namespace {

// A message may quote what was read, so control characters and line ends become spaces: a failure
// is one line whatever the input was.
std::string OneLine(std::string_view message) {
  std::string line(message);
  for (char& c : line) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return line;
}

}  // namespace

void Warn(std::string_view message) {
  std::fprintf(stderr, "gprof-dump: %s\n", OneLine(message).c_str());
}

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kPermissionDenied:
      return kUnreachable;
    default:
      return kUsage;
  }
}

ExitCode Fail(const absl::Status& status) {
  // Debian's abseil has a string_view of its own, so the message is copied.
  Warn(std::string(status.message()));
  return ExitCodeOf(status);
}

ExitCode FailUsage(std::string_view message) {
  Warn(std::string(message) + "; see gprof-dump --help");
  return kUsage;
}

}  // namespace muster::gprof_dump
