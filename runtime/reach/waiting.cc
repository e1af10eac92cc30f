#include "runtime/reach/waiting.h"

namespace muster::reach {

bool IsCandidate(const sched::G* g) {
  using record::ObjectKind;
  using record::WaitReason;
  if (g->kind != record::Kind::kGoroutine) return false;
  switch (g->wait.reason) {
    case WaitReason::kChanReceiveNil:
    case WaitReason::kChanSendNil:
    case WaitReason::kSelectNoCases:
      return true;
    case WaitReason::kSelect: {
      bool queued = true;
      ForEachAwaited(g, [&](const void* chan) { queued = queued && QueuedOnChan(chan, g); });
      return queued && g->wait.cases != nullptr;
    }
    default:
      break;
  }
  switch (g->wait.kind) {
    case ObjectKind::kChan:
      return QueuedOnChan(g->wait.object, g);
    case ObjectKind::kWaitGroup:
      return QueuedOnWaitGroup(g->wait.object, g) != nullptr;
    case ObjectKind::kCond:
      return QueuedOnCond(g->wait.object, g) != nullptr;
    default:
      return LockQueueEntry(g) != nullptr;
  }
}

const void* LockQueueEntry(const sched::G* g) {
  using record::ObjectKind;
  switch (g->wait.kind) {
    case ObjectKind::kMutex:
      return QueuedOnMutex(g->wait.object, g);
    case ObjectKind::kRWMutex:
      return QueuedOnRWMutex(g->wait.object, g);
    case ObjectKind::kOnce:
      return QueuedOnOnce(g->wait.object, g);
    default:
      return nullptr;
  }
}

}  // namespace muster::reach
