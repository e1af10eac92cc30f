// The record: what the runtime knows about every goroutine, read without stopping the world.
//
// This is the only header of the runtime that the inspector may include. It holds plain values.
// Nothing is symbolised here. Three ways lead to the goroutines:
//
//   Capture        everything, as one value
//   CaptureGroups  goroutines that look alike, counted: what profiles show, in little memory
//   CaptureStream  one goroutine after the other, in little memory
//
// None of them stops the world. A goroutine that does not run is looked at while nobody holds it
// back, and once more when it turns out to have run meanwhile. It is held back, for microseconds,
// where what it refers to must be kept alive: labels and primitives that are met for the first
// time. A running one is interrupted by a signal and walks its own frames.
//
// Units: every *_ns is nanoseconds; times are CLOCK_MONOTONIC unless named otherwise.
// Addresses in stacks are *return addresses*, leaf first: look up `address - 1`.
#ifndef MUSTER_RECORD_H_
#define MUSTER_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "muster/shared_list.h"

namespace muster::record {

// What a goroutine is doing. The names printed are Go's.
enum class State : uint8_t { kIdle, kRunnable, kRunning, kWaiting, kSyscall, kDead };

// What kind of thing is being accounted for.
enum class Kind : uint8_t {
  kGoroutine,  // started by muster::Go or muster::Run
  kThread,     // a foreign OS thread that used a primitive
  kSystem,     // a goroutine of Muster's own, hidden by default
};

// Why a goroutine waits, in the words that Go 1.26 prints.
enum class WaitReason : uint8_t {
  kNone,
  kChanReceive,
  kChanSend,
  kChanReceiveNil,
  kChanSendNil,
  kSelect,
  kSelectNoCases,
  kSleep,
  kMutexLock,
  kRWMutexRLock,
  kRWMutexLock,
  kCondWait,
  kWaitGroupWait,
  kOnceDo,
  kSemaphoreAcquire,
  kIOWait,
  kCoroutine,    // of iter::Pull: the one that pulls waits for the iterator, or the other way round
  kSynctestRun,  // in synctest::Run, until its bubble is idle
  kSynctestWait,  // in synctest::Wait
  kRunMain,       // a foreign thread inside muster::Run, waiting for the main goroutine
};

enum class ObjectKind : uint8_t {
  kNone,
  kChan,
  kMutex,
  kRWMutex,
  kWaitGroup,
  kCond,
  kOnce,
  kTimer,
  kFD,  // a file descriptor that the network poller serves
  kSemaphore
};

enum class Direction : uint8_t { kNone, kSend, kReceive, kRead, kWrite };

// The string that Go prints for a reason ("chan receive", "sync.Mutex.Lock", ...); "" for kNone.
const char* ToString(WaitReason reason);
// "idle", "runnable", "running", "waiting", "syscall", "dead".
const char* ToString(State state);
// "chan", "sync.Mutex", "sync.RWMutex", "sync.WaitGroup", "sync.Cond", "sync.Once", "timer",
// "fd", "semaphore.Weighted", "".
const char* ToString(ObjectKind kind);

// One thing that a goroutine waits on. A select has one per case, in source order; a wait for a
// semaphore has one for that, and one for the channel of a context that may end it; every other
// wait has at most one. `object` is 0 for a nil channel.
struct Wait {
  uint64_t object = 0;
  ObjectKind kind = ObjectKind::kNone;
  Direction direction = Direction::kNone;
  friend bool operator==(const Wait&, const Wait&) = default;
};

// A lock that a goroutine holds. Of a goroutine these are the read locks that it holds now:
// exclusive ones are told by their Object's owner.
struct Held {
  uint64_t object = 0;
  ObjectKind kind = ObjectKind::kNone;
  Direction direction = Direction::kNone;
  uint64_t acquired_at = 0;  // return address of the locking call
  friend bool operator==(const Held&, const Held&) = default;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// Return addresses, leaf first. All goroutines of one capture that have the same stack share it.
using Stack = SharedList<uint64_t>;

struct Goroutine {
  uint64_t id = 0;
  uint64_t parent_id = 0;          // 0: started by no goroutine (Run, or a foreign thread)
  SharedList<uint64_t> ancestors;  // parent first; bounded (kMaxAncestors)
  Kind kind = Kind::kGoroutine;
  State state = State::kIdle;
  WaitReason reason = WaitReason::kNone;
  bool held_overflowed = false;  // more read locks were held than the record has room for
  bool locked_to_thread = false;
  bool durable = false;  // durably blocked, in a bubble
  uint32_t bubble = 0;   // the synctest bubble that it belongs to; 0 none
  SharedList<Wait> waits;
  int64_t wait_since_ns = 0;  // since when it waits or is in a blocking region; else 0
  // Since when it has been running without giving way: parking, yielding (in vain too) or entering
  // a blocking region. Dated by the monitor's first look, so up to 10 ms late; 0 when it has not
  // been looked at yet, does not run, or is the one that takes the capture.
  int64_t running_since_ns = 0;
  int64_t started_ns = 0;
  uint32_t creation_stack_id = 0;  // 0: not recorded (MUSTER_RECORD=off, or the table was full)
  int32_t tid = 0;                 // OS thread it runs on or is (kThread); 0 when parked
  Stack creation_stack;
  Stack stack;
  const char* stack_note = "";  // why `stack` is empty or cut; "" when whole; lives for ever
  SharedList<std::pair<std::string, std::string>> labels;
  SharedList<Held> held;
};

// A primitive that at least one captured goroutine waits on or holds.
struct Object {
  uint64_t address = 0;
  ObjectKind kind = ObjectKind::kNone;
  // Locks (and a Once in progress): the goroutine that holds it exclusively; 0 when none.
  uint64_t owner_id = 0;
  int64_t owned_since_ns = 0;   // to about 10 ms
  uint64_t acquired_at = 0;     // return address of the locking call
  bool writer_waiting = false;  // RWMutex: a writer is queued, new readers wait
  int64_t readers = 0;          // RWMutex: read locks held now
  // Channels.
  uint64_t capacity = 0;
  uint64_t length = 0;
  bool closed = false;
  uint64_t references = 0;  // handles (Chan<T> and its ends), those of waiting operations left out
  uint64_t creator_id = 0;  // the goroutine that made it; 0 unknown
  uint64_t created_at = 0;  // return address of the call that made it; 0 unknown
  // Semaphores: the units there are (capacity) and those held (length), creator_id, created_at,
  // and who took units last, with when and where (owned_since_ns, acquired_at). That is no owner:
  // another goroutine may be the one to give them back. 0 none.
  uint64_t last_holder_id = 0;
  // WaitGroup.
  int64_t counter = 0;
  // File descriptors: the number, and what it is: "tcp 127.0.0.1:80->127.0.0.1:51412" (local ->
  // peer), or a file's name.
  int32_t fd = -1;
  std::string name;
};

// What a capture says of itself.
struct Summary {
  int64_t monotonic_ns = 0;  // when it began
  int64_t realtime_ns = 0;   // CLOCK_REALTIME
  int32_t pid = 0;
  int32_t procs = 0;      // GOMAXPROCS
  uint64_t live = 0;      // M: goroutines alive when the capture began
  uint64_t captured = 0;  // N: goroutines seen (threads are not counted in either)
  // The longest that any goroutine or thread was held back by this capture, measured from before
  // the first of its batch was until after the last one was let go; 0 when none was.
  int64_t longest_hold_ns = 0;
  std::vector<std::string> notes;  // what could not be seen, one sentence each
};

// A goroutine was started, or waited for, at this moment: a number that grows with each such event
// and each new LockOrder, and means nothing else.
struct Spawn {
  uint64_t goroutine_id = 0;  // who did it
  uint64_t moment = 0;
  friend bool operator==(const Spawn&, const Spawn&) = default;
};

// A goroutine has taken one lock while it held another. Kept when lock orders are recorded
// (debug::SetLockOrder, MUSTER_LOCK_ORDER=1): each pair of locks once for each set of gates, and
// for the first two goroutines that did so. The goroutine and the locks may be gone by now.
struct LockOrder {
  Held from;                // the lock that it held
  Held to;                  // the one that it took
  std::vector<Held> gates;  // the others that it held
  uint64_t goroutine_id = 0;
  uint64_t first_moment = 0;  // when it first did so
  uint64_t last_moment = 0;   // when it last did, or not long before: it has started nobody since
  // Its parent when that one started it, the parent's parent when that one was started, and so on;
  // as far as lock orders were recorded then.
  std::vector<Spawn> ancestors;
  // Who has waited for it (WaitGroup.Wait) after the last time; goroutine_id is 0 when nobody has.
  Spawn joined;
  Stack stack;  // of taking `to`, the first time
  Stack creation_stack;
};

struct Snapshot : Summary {
  std::vector<Goroutine> goroutines;   // by id; threads after the goroutines
  std::vector<Object> objects;         // by address
  std::vector<LockOrder> lock_orders;  // in the order in which they were first seen
};

struct CaptureOptions {
  bool stacks = true;           // false: states and waits only
  bool include_system = false;  // also Muster's own goroutines
};

// Goroutines are numbered from 1, as in Go; the stand-ins of foreign threads from here.
inline constexpr uint64_t kFirstThreadId = uint64_t{1} << 40;

inline constexpr int kMaxFrames = 64;
inline constexpr int kMaxAncestors = 8;

// Capture takes the roll call. Thread-safe. May be called from a foreign thread or a goroutine
// (which appears as running, with the stack of this call). Blocks the calling OS thread for the
// length of the walk (a fraction of a microsecond per goroutine); never blocks on a goroutine's
// progress. Throws std::bad_alloc only.
Snapshot Capture(const CaptureOptions& options = {});

// Goroutines that agree in everything but their ids, parents, what they wait on, and times.
struct Group {
  uint64_t count = 0;
  uint64_t lowest_id = 0;
  Kind kind = Kind::kGoroutine;
  State state = State::kIdle;
  WaitReason reason = WaitReason::kNone;
  bool locked_to_thread = false;
  uint32_t creation_stack_id = 0;
  Stack creation_stack;
  Stack stack;
  const char* stack_note = "";
  SharedList<std::pair<std::string, std::string>> labels;
  // How long they have waited; all 0 when none does. Of an even number the lower middle one is the
  // median. It is exact up to 256 goroutines, and within 1 % beyond.
  uint64_t waiting = 0;
  int64_t wait_min_ns = 0;
  int64_t wait_median_ns = 0;
  int64_t wait_max_ns = 0;
};

struct GroupedSnapshot : Summary {
  std::vector<Group> groups;  // the largest first, then by lowest_id
};

// CaptureGroups counts goroutines in groups; threads are left out. It takes memory for the groups,
// not for the goroutines. Otherwise as Capture.
GroupedSnapshot CaptureGroups(const CaptureOptions& options = {});

struct StreamOptions {
  bool include_system = false;
  // false: no ancestors, waits, labels and read locks: what a text dump shows, and then nobody
  // needs to be held back at all.
  bool details = true;
  bool threads = true;
};

// CaptureStream hands out one goroutine at a time, in no order, threads last. Between two calls
// nobody is held back and nothing is locked: the caller may write to a slow client meanwhile, or
// park. Each goroutine is shown as it is when it is handed out. What it waits on is named, but not
// described. Not thread-safe; several streams and captures may be under way at once.
class CaptureStream {
 public:
  explicit CaptureStream(const StreamOptions& options = {});
  ~CaptureStream();
  CaptureStream(const CaptureStream&) = delete;
  CaptureStream& operator=(const CaptureStream&) = delete;

  // The next goroutine, valid until the next call; nullptr at the end.
  const Goroutine* Next();
  // Complete once Next has returned nullptr; before that `captured` and `longest_hold_ns` are those
  // so far, and there are no notes.
  const Summary& summary() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// StackProfile: how often something has happened, by the stack at which it did, since the process
// started; the stacks are in no order. The entry with an empty stack is what found the stack table
// full.
struct StackProfile {
  struct Entry {
    std::vector<uint64_t> stack;  // return addresses, leaf first
    int64_t count = 0;            // estimated where events are sampled
    int64_t delay_ns = 0;         // how long it took, all events together
  };
  int64_t period = 0;  // the rate now, in the unit of the function that sets it; 0: off
  std::vector<Entry> entries;
};

// What runtime::SetBlockProfileRate, SetMutexProfileFraction and SetGoroutineCreateProfile have
// counted; the last has no delays. Thread-safe; throws std::bad_alloc only. Takes a millisecond.
StackProfile BlockProfile();
StackProfile MutexProfile();
StackProfile GoroutineCreateProfile();

// A symboliser writes a human name for the return address `address` into `out` (at most `size`
// bytes, NUL-terminated): "function\tfile:line". It returns false when it knows nothing. It is
// called from fatal reports, also in signal handlers, and by Panic::what and caller.h's functions,
// by any number of threads: it must be async-signal-safe and thread-safe, must not throw, and
// should need little stack.
using Symbolizer = bool (*)(uint64_t address, char* out, uint64_t size);
// SetSymbolizer replaces the built-in one, which knows function names but no lines. Thread-safe.
void SetSymbolizer(Symbolizer symbolizer);

// MarkSystemThread tells the runtime that the calling OS thread is the tooling's until it ends. It
// can wake no goroutine; nor does FindLeaks count what it has in registers and frames below this.
void MarkSystemThread();

}  // namespace muster::record

#endif  // MUSTER_RECORD_H_
