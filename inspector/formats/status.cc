#include "inspector/formats/status.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

struct StateWord {
  std::string_view word;
  State state;
  bool keep_word;  // Go has the state, the model does not: the word is kept as the reason
};

constexpr StateWord kStates[] = {
    {"idle", State::kIdle, false},        {"runnable", State::kRunnable, false},
    {"running", State::kRunning, false},  {"syscall", State::kSyscall, false},
    {"waiting", State::kWaiting, false},  {"dead", State::kDead, false},
    {"copystack", State::kRunning, true}, {"preempted", State::kRunnable, true},
    {"enqueue", State::kRunnable, true},  {"moribund", State::kDead, true},
};

struct ReasonWord {
  std::string_view reason;
  ObjectKind kind;
  Direction direction;
};

constexpr ReasonWord kReasons[] = {
    {"chan receive", ObjectKind::kChan, Direction::kReceive},
    {"chan receive (nil chan)", ObjectKind::kChan, Direction::kReceive},
    {"chan receive (synctest)", ObjectKind::kChan, Direction::kReceive},
    {"chan send", ObjectKind::kChan, Direction::kSend},
    {"chan send (nil chan)", ObjectKind::kChan, Direction::kSend},
    {"chan send (synctest)", ObjectKind::kChan, Direction::kSend},
    {"sync.Mutex.Lock", ObjectKind::kMutex, Direction::kWrite},
    {"sync.RWMutex.RLock", ObjectKind::kRWMutex, Direction::kRead},
    {"sync.RWMutex.Lock", ObjectKind::kRWMutex, Direction::kWrite},
    {"sync.Cond.Wait", ObjectKind::kCond, Direction::kNone},
    {"sync.WaitGroup.Wait", ObjectKind::kWaitGroup, Direction::kNone},
    {"sync.Once.Do", ObjectKind::kOnce, Direction::kNone},
    {"semaphore.Weighted.Acquire", ObjectKind::kSemaphore, Direction::kNone},
    {"sleep", ObjectKind::kTimer, Direction::kNone},
};

// Reasons for which only goroutines of Go's runtime wait. "GC assist wait" and the like are not
// among them: there a user's goroutine helps.
constexpr std::string_view kSystemReasons[] = {
    "GC sweep wait",      "GC scavenge wait", "GC worker (idle)",
    "GC worker (active)", "force gc (idle)",  "GOMAXPROCS updater (idle)",
    "finalizer wait",     "cleanup wait",     "page trace flush",
};

constexpr std::string_view kFlags[] = {"(scan)", "(leaked)", "(durable)"};

}  // namespace

void ApplyStatus(std::string_view status, Goroutine* goroutine) {
  status = Trim(status);
  std::string flags;
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view flag : kFlags) {
      if (!status.ends_with(flag)) continue;
      flags = flags.empty() ? std::string(flag) : Cat(flag, " ", flags);
      status = TrimRight(status.substr(0, status.size() - flag.size()));
      found = true;
    }
  }
  goroutine->status_flags = std::move(flags);
  goroutine->waits.clear();
  for (const StateWord& state : kStates) {
    if (state.word != status) continue;
    goroutine->state = state.state;
    if (state.keep_word) goroutine->reason = status;
    return;
  }
  goroutine->state = State::kWaiting;
  goroutine->reason = status;
  if (IsSystemReason(status)) goroutine->kind = Kind::kSystem;
  for (const ReasonWord& word : kReasons) {
    if (word.reason == status) goroutine->waits = {{0, word.kind, word.direction}};
  }
}

std::string FormatStatus(const Goroutine& goroutine) {
  std::string out(goroutine.status());
  if (goroutine.status_flags.empty()) return out;
  // An attribute that Go prints behind a comma has no flag before it to be joined to.
  const bool attribute_only = goroutine.status_flags.front() != '(';
  Append(&out, attribute_only ? ", " : " ", goroutine.status_flags);
  return out;
}

bool IsSystemReason(std::string_view reason) {
  return std::find(std::begin(kSystemReasons), std::end(kSystemReasons), reason) !=
         std::end(kSystemReasons);
}

}  // namespace muster::inspector::formats
