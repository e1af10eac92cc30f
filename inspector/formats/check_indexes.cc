#include "absl/status/status.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

absl::Status Damaged(std::string_view what, size_t index) {
  return absl::InvalidArgumentError(Cat("the snapshot is damaged: ", what, " ", index,
                                        " refers to a stack or frame that is not there; "
                                        "take it again"));
}

}  // namespace

absl::Status CheckIndexes(const Snapshot& snapshot) {
  const auto is_stack = [&](StackId id) { return id == kNoStack || id < snapshot.stacks.size(); };
  for (size_t i = 0; i < snapshot.stacks.size(); ++i) {
    for (const FrameId id : snapshot.stacks[i].frames) {
      if (id >= snapshot.frames.size()) return Damaged("stack", i);
    }
  }
  for (size_t i = 0; i < snapshot.resources.size(); ++i) {
    const Resource& resource = snapshot.resources[i];
    if (!is_stack(resource.acquired_at) || !is_stack(resource.created_at)) {
      return Damaged("resource", i);
    }
  }
  for (size_t i = 0; i < snapshot.lock_orders.size(); ++i) {
    const LockOrder& order = snapshot.lock_orders[i];
    bool ok = is_stack(order.stack) && is_stack(order.creation_stack) &&
              is_stack(order.from.acquired_at) && is_stack(order.to.acquired_at);
    for (const Held& gate : order.gates) ok = ok && is_stack(gate.acquired_at);
    if (!ok) return Damaged("lock order", i);
  }
  for (size_t i = 0; i < snapshot.goroutines.size(); ++i) {
    const Goroutine& goroutine = snapshot.goroutines[i];
    bool ok = is_stack(goroutine.stack) && is_stack(goroutine.creation_stack);
    for (const Held& held : goroutine.held) ok = ok && is_stack(held.acquired_at);
    if (!ok) return Damaged("goroutine", i);
  }
  return absl::OkStatus();
}

}  // namespace muster::inspector::formats
