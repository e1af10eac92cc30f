// Output: where a verb writes. Standard output, or a file that appears whole or not at all.
#ifndef TOOLS_GPROF_DUMP_OUTPUT_H_
#define TOOLS_GPROF_DUMP_OUTPUT_H_

#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::gprof_dump {

enum class Color { kAuto, kAlways, kNever };

// Output is a stream that remembers why a write failed. A regular file is written beside its name
// and renamed over it by Finish(), so a failed run leaves the previous file as it was. Not
// thread-safe.
class Output {
 public:
  // Opens `path`, or standard output when it is empty.
  static absl::StatusOr<std::unique_ptr<Output>> Open(const std::string& path);

  virtual ~Output() = default;
  virtual std::ostream& stream() = 0;
  virtual bool IsTerminal() const = 0;

  // Finish flushes and puts the file in its place. A reader that closed its end early (`| head`)
  // is no error: it has seen what it wanted.
  virtual absl::Status Finish() = 0;

  // Whether to colour: kAuto does on a terminal unless NO_COLOR is set or TERM is "dumb".
  bool UseColor(Color color) const;
};

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_OUTPUT_H_
