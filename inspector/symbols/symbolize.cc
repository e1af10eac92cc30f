#include <utility>

#include "muster/inspector/symbols.h"

namespace muster::inspector {

void Symbolize(Snapshot* snapshot, Symbolizer* symbolizer) {
  const std::vector<Frame> old_frames = std::exchange(snapshot->frames, {});
  const std::vector<Stack> old_stacks = std::exchange(snapshot->stacks, {});
  Interner interner(snapshot);

  std::vector<std::vector<FrameId>> frame_map;
  frame_map.reserve(old_frames.size());
  for (const Frame& frame : old_frames) {
    std::vector<FrameId>& ids = frame_map.emplace_back();
    if (frame.pc == 0 || !frame.function.empty()) {
      ids.push_back(interner.InternFrame(frame));
      continue;
    }
    for (Frame& resolved : symbolizer->Resolve(frame.pc)) {
      ids.push_back(interner.InternFrame(std::move(resolved)));
    }
  }

  std::vector<StackId> stack_map;
  stack_map.reserve(old_stacks.size());
  for (const Stack& old : old_stacks) {
    Stack stack;
    stack.elided = old.elided;
    for (const FrameId id : old.frames) {
      stack.frames.insert(stack.frames.end(), frame_map[id].begin(), frame_map[id].end());
    }
    stack_map.push_back(interner.InternStack(std::move(stack)));
  }

  const auto renumber = [&stack_map](StackId* id) {
    if (*id != kNoStack) *id = stack_map[*id];
  };
  for (Goroutine& goroutine : snapshot->goroutines) {
    renumber(&goroutine.stack);
    renumber(&goroutine.creation_stack);
    for (Held& held : goroutine.held) renumber(&held.acquired_at);
  }
  for (Resource& resource : snapshot->resources) {
    renumber(&resource.acquired_at);
    renumber(&resource.created_at);
  }
  for (LockOrder& order : snapshot->lock_orders) {
    renumber(&order.stack);
    renumber(&order.creation_stack);
    renumber(&order.from.acquired_at);
    renumber(&order.to.acquired_at);
    for (Held& gate : order.gates) renumber(&gate.acquired_at);
  }
  snapshot->mappings = symbolizer->Mappings();
}

}  // namespace muster::inspector
