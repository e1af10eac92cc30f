// The words that Go uses for states and wait reasons.
#include "muster/record.h"

namespace muster::record {

const char* ToString(WaitReason reason) {
  switch (reason) {
    case WaitReason::kNone:
      return "";
    case WaitReason::kChanReceive:
      return "chan receive";
    case WaitReason::kChanSend:
      return "chan send";
    case WaitReason::kChanReceiveNil:
      return "chan receive (nil chan)";
    case WaitReason::kChanSendNil:
      return "chan send (nil chan)";
    case WaitReason::kSelect:
      return "select";
    case WaitReason::kSelectNoCases:
      return "select (no cases)";
    case WaitReason::kSleep:
      return "sleep";
    case WaitReason::kMutexLock:
      return "sync.Mutex.Lock";
    case WaitReason::kRWMutexRLock:
      return "sync.RWMutex.RLock";
    case WaitReason::kRWMutexLock:
      return "sync.RWMutex.Lock";
    case WaitReason::kCondWait:
      return "sync.Cond.Wait";
    case WaitReason::kWaitGroupWait:
      return "sync.WaitGroup.Wait";
    case WaitReason::kOnceDo:
      return "sync.Once.Do";
    case WaitReason::kSemaphoreAcquire:
      return "semaphore.Weighted.Acquire";
    case WaitReason::kIOWait:
      return "IO wait";
    case WaitReason::kCoroutine:
      return "coroutine";
    case WaitReason::kSynctestRun:
      return "synctest.Run";
    case WaitReason::kSynctestWait:
      return "synctest.Wait";
    case WaitReason::kRunMain:
      return "muster.Run";
  }
  return "unknown wait reason";
}

const char* ToString(State state) {
  switch (state) {
    case State::kIdle:
      return "idle";
    case State::kRunnable:
      return "runnable";
    case State::kRunning:
      return "running";
    case State::kWaiting:
      return "waiting";
    case State::kSyscall:
      return "syscall";
    case State::kDead:
      return "dead";
  }
  return "???";
}

const char* ToString(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kNone:
      return "";
    case ObjectKind::kChan:
      return "chan";
    case ObjectKind::kMutex:
      return "sync.Mutex";
    case ObjectKind::kRWMutex:
      return "sync.RWMutex";
    case ObjectKind::kWaitGroup:
      return "sync.WaitGroup";
    case ObjectKind::kCond:
      return "sync.Cond";
    case ObjectKind::kOnce:
      return "sync.Once";
    case ObjectKind::kTimer:
      return "timer";
    case ObjectKind::kFD:
      return "fd";
    case ObjectKind::kSemaphore:
      return "semaphore.Weighted";
  }
  return "";
}

}  // namespace muster::record
