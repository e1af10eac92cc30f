#include "inspector/report/object_state.h"

#include "absl/strings/str_cat.h"

namespace muster::inspector::report {

std::string ObjectState(const Resource& resource, const Layout& layout) {
  std::string text;
  if (resource.owner_id != 0) {
    const Goroutine* owner = layout.Find(resource.owner_id);
    absl::StrAppend(&text, ", held by ",
                    owner == nullptr
                        ? absl::StrCat(layout.words().Name(resource.owner_id), " (gone)")
                        : layout.words().Name(*owner));
    if (resource.owned_ns.has_value()) {
      absl::StrAppend(&text, " for ", FormatDuration(*resource.owned_ns));
    }
    const std::string place = layout.words().Place(resource.acquired_at);
    if (!place.empty()) absl::StrAppend(&text, ", taken at ", place);
  }
  if (resource.readers > 0) {
    absl::StrAppend(&text, ", ",
                    analysis::Count(static_cast<uint64_t>(resource.readers), "reader"));
  }
  if (resource.writer_waiting) absl::StrAppend(&text, ", a writer is queued");
  if (resource.kind == ObjectKind::kChan) {
    absl::StrAppend(&text, ", ", resource.length, " of ", resource.capacity, " buffered");
    if (resource.closed) absl::StrAppend(&text, ", closed");
    absl::StrAppend(&text, layout.words().Made(resource));
  }
  if (resource.kind == ObjectKind::kSemaphore) {
    absl::StrAppend(&text, ", ", resource.length, " of ", resource.capacity, " held");
    if (resource.last_holder_id != 0) {
      absl::StrAppend(&text, ", last acquired by ", layout.words().Name(resource.last_holder_id),
                      layout.words().At(resource.acquired_at));
    }
    absl::StrAppend(&text, layout.words().Made(resource));
  }
  if (resource.kind == ObjectKind::kFD) {
    absl::StrAppend(&text, ", number ", resource.fd, ", ", resource.name);
  }
  if (resource.kind == ObjectKind::kWaitGroup) {
    absl::StrAppend(&text, ", counter ", resource.counter);
  }
  return text;
}

}  // namespace muster::inspector::report
