#include "inspector/analysis/group_gatherer.h"

#include <algorithm>
#include <utility>

#include "inspector/analysis/group_parts.h"

namespace muster::inspector::analysis {

StackId GroupGatherer::Keep(const Snapshot& part, StackId stack) {
  if (stack >= part.stacks.size()) return kNoStack;
  Stack kept;
  kept.elided = part.stacks[stack].elided > 0 ? 1 : 0;
  for (const FrameId id : part.stacks[stack].frames) {
    Frame frame = part.frames[id];
    // What tells apart goroutines that look alike.
    frame.function_offset = 0;
    frame.inlined = false;
    if (!frame.function.empty()) frame.pc = frame.module_offset = 0;
    kept.frames.push_back(interner_.InternFrame(std::move(frame)));
  }
  return interner_.InternStack(std::move(kept));
}

void GroupGatherer::Add(const Snapshot& part) {
  // A part has far fewer shapes than stacks: each is looked up in the whole once.
  const Shapes shapes(part);
  std::map<Shape, StackId> kept;
  const auto keep = [&](StackId stack) {
    const auto [it, fresh] = kept.try_emplace(shapes.ByLine(stack), kNoStack);
    if (fresh) it->second = Keep(part, stack);
    return it->second;
  };
  std::map<std::tuple<StackId, StackId, std::string_view, std::string_view>, Gathered*> known;
  for (const Goroutine& g : part.goroutines) {
    if (g.kind == Kind::kThread) {
      Goroutine thread = g;
      thread.stack = keep(g.stack);
      thread.creation_stack = keep(g.creation_stack);
      all_.goroutines.push_back(std::move(thread));
      continue;
    }
    const StackId stack = keep(g.stack);
    const StackId creation = keep(g.creation_stack);
    Gathered*& gathered = known[{stack, creation, g.status(), g.status_flags}];
    if (gathered == nullptr) {
      std::string status(g.status());
      if (!g.status_flags.empty()) status += " " + g.status_flags;
      gathered = &groups_[{stack, creation, status}];
      Group& group = gathered->group;
      if (group.count == 0) {
        group.status = std::move(status);
        group.stack = stack;
        group.creation_stack = creation;
        group.parent_id = g.parent_id;
      }
    }
    Group& group = gathered->group;
    group.count += g.count;
    if (g.id != 0) group.ids.push_back(g.id);
    if (g.parent_id != group.parent_id) gathered->several_parents = true;
    group.running_max_ns = std::max(group.running_max_ns, g.running_ns.value_or(0));
    if (g.wait_ns.has_value()) gathered->waits[*g.wait_ns] += g.count;
    AddLabels(g.labels, &group);
  }
}

std::vector<Group> GroupGatherer::Finish() {
  std::vector<Group> sorted;
  for (auto& [key, gathered] : groups_) {
    Group& group = gathered.group;
    FillWaits({gathered.waits.begin(), gathered.waits.end()}, &group);
    if (gathered.several_parents) group.parent_id = 0;
    std::sort(group.ids.begin(), group.ids.end());
    sorted.push_back(std::move(group));
  }
  groups_.clear();
  SortGroups(&sorted);
  return sorted;
}

}  // namespace muster::inspector::analysis
