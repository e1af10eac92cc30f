#include <algorithm>
#include <optional>
#include <string_view>

#include "inspector/formats/status.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

// What a function among the innermost frames tells.
struct Method {
  std::string_view function;
  std::string_view reason;  // Go's word since it names them
  ObjectKind kind;
  Direction direction;
  bool has_receiver;     // the first argument is the object
  int semaphore_offset;  // of the semaphore within the object, -1 not certain
};

// Layouts: Mutex {int32 state; uint32 sema}, RWMutex {Mutex w; uint32 writerSem, readerSem; ...}.
// A WaitGroup's semaphore has moved between versions of Go.
constexpr Method kMethods[] = {
    {"sync.(*Mutex).Lock", "sync.Mutex.Lock", ObjectKind::kMutex, Direction::kWrite, true, 4},
    {"sync.(*Mutex).lockSlow", "sync.Mutex.Lock", ObjectKind::kMutex, Direction::kWrite, true, 4},
    {"internal/sync.(*Mutex).Lock", "sync.Mutex.Lock", ObjectKind::kMutex, Direction::kWrite, true,
     4},
    {"internal/sync.(*Mutex).lockSlow", "sync.Mutex.Lock", ObjectKind::kMutex, Direction::kWrite,
     true, 4},
    {"sync.(*RWMutex).RLock", "sync.RWMutex.RLock", ObjectKind::kRWMutex, Direction::kRead, true,
     12},
    {"sync.(*rlocker).Lock", "sync.RWMutex.RLock", ObjectKind::kRWMutex, Direction::kRead, true,
     12},
    {"sync.(*RWMutex).Lock", "sync.RWMutex.Lock", ObjectKind::kRWMutex, Direction::kWrite, true, 8},
    {"sync.(*WaitGroup).Wait", "sync.WaitGroup.Wait", ObjectKind::kWaitGroup, Direction::kNone,
     true, -1},
    {"sync.(*Cond).Wait", "sync.Cond.Wait", ObjectKind::kCond, Direction::kNone, true, -1},
    {"sync.(*Once).Do", "", ObjectKind::kOnce, Direction::kNone, true, -1},
    {"sync.(*Once).doSlow", "", ObjectKind::kOnce, Direction::kNone, true, -1},
    {"sync.runtime_notifyListWait", "sync.Cond.Wait", ObjectKind::kCond, Direction::kNone, false,
     -1},
    {"sync.runtime_SemacquireRWMutexR", "sync.RWMutex.RLock", ObjectKind::kRWMutex,
     Direction::kRead, false, -1},
    {"sync.runtime_SemacquireRWMutex", "sync.RWMutex.Lock", ObjectKind::kRWMutex, Direction::kWrite,
     false, -1},
    {"sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait", ObjectKind::kWaitGroup,
     Direction::kNone, false, -1},
    {"runtime.chansend", "chan send", ObjectKind::kChan, Direction::kSend, true, -1},
    {"runtime.chansend1", "chan send", ObjectKind::kChan, Direction::kSend, true, -1},
    {"runtime.chanrecv", "chan receive", ObjectKind::kChan, Direction::kReceive, true, -1},
    {"runtime.chanrecv1", "chan receive", ObjectKind::kChan, Direction::kReceive, true, -1},
    {"runtime.chanrecv2", "chan receive", ObjectKind::kChan, Direction::kReceive, true, -1},
    {"runtime.selectgo", "select", ObjectKind::kNone, Direction::kNone, false, -1},
    {"runtime.block", "select (no cases)", ObjectKind::kNone, Direction::kNone, false, -1},
    {"runtime.timeSleep", "sleep", ObjectKind::kTimer, Direction::kNone, false, -1},
    {"time.Sleep", "sleep", ObjectKind::kTimer, Direction::kNone, false, -1},
    {"internal/poll.runtime_pollWait", "IO wait", ObjectKind::kNone, Direction::kNone, false, -1},
    {"net.runtime_pollWait", "IO wait", ObjectKind::kNone, Direction::kNone, false, -1},
};

// Functions that only stand between a wait and its method.
constexpr std::string_view kSemaphores[] = {
    "sync.runtime_Semacquire",          "sync.runtime_SemacquireMutex",
    "sync.runtime_SemacquireRWMutex",   "sync.runtime_SemacquireRWMutexR",
    "sync.runtime_SemacquireWaitGroup", "internal/sync.runtime_SemacquireMutex",
};

// The first argument, when Go prints it as certain and it is no nil pointer.
std::optional<uint64_t> FirstArgument(std::string_view arguments) {
  const auto value = TakeHex(&arguments);
  if (!value || *value == 0) return std::nullopt;
  if (!arguments.empty() && arguments.front() != ',') return std::nullopt;
  return value;
}

const Method* FindMethod(std::string_view function) {
  const auto* it = std::find_if(std::begin(kMethods), std::end(kMethods),
                                [&](const Method& m) { return m.function == function; });
  return it == std::end(kMethods) ? nullptr : it;
}

bool IsSemaphore(std::string_view function) {
  return std::find(std::begin(kSemaphores), std::end(kSemaphores), function) !=
         std::end(kSemaphores);
}

// Between the leaf and the user's first frame: Go's scheduler and the sync packages.
bool IsBelowUser(std::string_view function) {
  return function.starts_with("runtime.") || function.starts_with("sync.") ||
         function.starts_with("internal/sync.") || function.starts_with("internal/poll.") ||
         function.empty();
}

// Walks from the leaf outwards; the outermost method that the wait belongs to decides, since a
// RWMutex locks its inner Mutex, which lies at its own address.
class FrameEvidence {
 public:
  void Add(const Frame& frame, std::string_view arguments) {
    if (IsSemaphore(frame.function)) semaphore_ = FirstArgument(arguments);
    const Method* method = FindMethod(frame.function);
    if (method == nullptr || !Extends(*method)) return;
    const ObjectKind inner = method_ == nullptr ? ObjectKind::kNone : method_->kind;
    method_ = method;
    if (!method->has_receiver) return;
    if (const auto receiver = FirstArgument(arguments)) {
      object_ = *receiver;
    } else if (object_ == 0 && semaphore_ && method->semaphore_offset >= 0 && !computed_) {
      object_ = *semaphore_ - static_cast<uint64_t>(method->semaphore_offset);
      computed_ = true;
    } else if (inner == ObjectKind::kMutex && method->kind == ObjectKind::kOnce) {
      object_ = 0;  // the Once's mutex is not at the Once's own address
    }
  }

  const Method* method() const { return method_; }
  uint64_t object() const { return object_; }

 private:
  bool Extends(const Method& method) const {
    if (method_ == nullptr || method_->kind == method.kind) return true;
    return method_->kind == ObjectKind::kMutex &&
           (method.kind == ObjectKind::kRWMutex || method.kind == ObjectKind::kOnce);
  }

  const Method* method_ = nullptr;
  std::optional<uint64_t> semaphore_;
  uint64_t object_ = 0;
  bool computed_ = false;
};

bool MayInfer(const Goroutine& goroutine, const Method& method) {
  // A debug=1 dump says nothing of states; the old semacquire covered every lock.
  if (goroutine.reason.empty()) return goroutine.state == State::kIdle;
  if (goroutine.reason == "semacquire") return method.kind != ObjectKind::kChan;
  return !goroutine.waits.empty() &&
         (goroutine.waits[0].kind == method.kind || method.kind == ObjectKind::kOnce);
}

}  // namespace

void InferWait(const Snapshot& snapshot, Goroutine* goroutine) {
  if (goroutine->stack >= snapshot.stacks.size()) return;
  FrameEvidence evidence;
  std::string_view arguments = goroutine->arguments;
  for (const FrameId id : snapshot.stacks[goroutine->stack].frames) {
    const Frame& frame = snapshot.frames[id];
    if (!IsBelowUser(frame.function) && FindMethod(frame.function) == nullptr) break;
    evidence.Add(frame, TakeArguments(&arguments));
  }
  const Method* method = evidence.method();
  if (method == nullptr || !MayInfer(*goroutine, *method)) return;
  if (goroutine->reason.empty()) {
    goroutine->state = State::kWaiting;
    goroutine->reason = method->reason.empty() ? "sync.Mutex.Lock" : method->reason;
  }
  if (method->kind == ObjectKind::kNone) return;
  goroutine->waits = {{evidence.object(), method->kind, method->direction}};
}

}  // namespace muster::inspector::formats
