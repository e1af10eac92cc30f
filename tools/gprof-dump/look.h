// Look: one look at a target at a time, taken by a thread of its own, so that keys are answered
// while a target takes its time.
#ifndef TOOLS_GPROF_DUMP_LOOK_H_
#define TOOLS_GPROF_DUMP_LOOK_H_

#include <future>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "muster/inspector/filter.h"
#include "muster/inspector/groups.h"

namespace muster::gprof_dump {

// Not thread-safe. Its end waits for a look that is under way.
class Look {
 public:
  explicit Look(const inspector::Filter& filter);
  ~Look();
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;

  bool under_way() const { return result_.has_value(); }
  // Starts one; not while another is under way.
  void Start(std::string target);
  // Readable when the look has ended.
  int fd() const { return done_; }
  // What came of it. Blocks until it has ended.
  absl::StatusOr<inspector::GroupedDump> Take();

 private:
  const inspector::Filter filter_;
  int done_ = -1;  // an eventfd
  std::optional<std::future<absl::StatusOr<inspector::GroupedDump>>> result_;
};

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_LOOK_H_
