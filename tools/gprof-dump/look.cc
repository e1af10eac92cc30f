#include "tools/gprof-dump/look.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "muster/inspector/capture.h"

namespace muster::gprof_dump {

Look::Look(const inspector::Filter& filter)
    : filter_(filter), done_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Look::~Look() {
  result_.reset();  // waits for its thread, which uses the descriptor
  close(done_);
}

void Look::Start(std::string target) {
  result_ = std::async(std::launch::async, [this, target = std::move(target)] {
    absl::StatusOr<inspector::GroupedDump> dump =
        inspector::FetchGroups(target, {.filter = filter_});
    eventfd_write(done_, 1);
    return dump;
  });
}

absl::StatusOr<inspector::GroupedDump> Look::Take() {
  absl::StatusOr<inspector::GroupedDump> dump = result_->get();
  result_.reset();
  eventfd_t ignored = 0;
  eventfd_read(done_, &ignored);
  return dump;
}

}  // namespace muster::gprof_dump
