// The model: a snapshot of goroutines as plain values, whatever they were read from — a live Muster
// process, its wire form, or a dump that Go printed. No I/O; copyable; not thread-safe.
//
// Frames and stacks are interned in tables, since 100,000 goroutines have a few dozen distinct
// stacks: a Goroutine refers to them by index.
#ifndef MUSTER_INSPECTOR_MODEL_H_
#define MUSTER_INSPECTOR_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "muster/record.h"

namespace muster::inspector {

using record::Direction;
using record::Kind;
using record::ObjectKind;
using record::Spawn;
using record::State;

// One frame. `pc` is a return address, or 0 in a dump that prints none; names are empty until the
// snapshot is symbolised.
struct Frame {
  uint64_t pc = 0;
  std::string function;
  std::string file;
  int32_t line = 0;
  bool inlined = false;        // inlined into the next frame of the stack, with which it shares pc
  std::string module;          // file of the mapping, "" unknown
  uint64_t module_offset = 0;  // pc - 1 relative to the module's load bias
  uint64_t function_offset = 0;  // pc relative to the function's first instruction; 0 unknown
  friend bool operator==(const Frame&, const Frame&) = default;
};

using FrameId = uint32_t;
using StackId = uint32_t;
inline constexpr StackId kNoStack = 0xffffffff;

// A stack is its frames, leaf first.
struct Stack {
  std::vector<FrameId> frames;
  uint32_t elided = 0;  // frames that the writer of the dump left out
  friend bool operator==(const Stack&, const Stack&) = default;
};

struct Wait {
  uint64_t object = 0;  // 0: nil channel, or not known
  ObjectKind kind = ObjectKind::kNone;
  Direction direction = Direction::kNone;
  friend bool operator==(const Wait&, const Wait&) = default;
};

struct Held {
  uint64_t object = 0;
  ObjectKind kind = ObjectKind::kNone;
  Direction direction = Direction::kNone;
  StackId acquired_at = kNoStack;  // one-frame stack: where the lock was taken
  friend bool operator==(const Held&, const Held&) = default;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Goroutine {
  uint64_t id = 0;     // 0 in grouped dumps (debug=1, proto), which carry no ids
  uint64_t count = 1;  // goroutines that this entry stands for; more than 1 in grouped dumps only
  uint64_t parent_id = 0;
  std::vector<uint64_t> ancestors;
  Kind kind = Kind::kGoroutine;
  State state = State::kIdle;
  std::string reason;  // wait reason in Go's words; "" when not waiting
  // "(leaked)", "(scan)", "(durable)" as Go prints them. "(leaked)": nothing that can still run
  // reaches what it waits on.
  std::string status_flags;
  std::vector<Wait> waits;
  std::optional<int64_t> wait_ns;    // how long it has waited
  bool wait_is_lower_bound = false;  // Go prints whole minutes
  // How long it has been running without giving way; none when that is not known, or has just
  // begun.
  std::optional<int64_t> running_ns;
  int64_t age_ns = 0;  // since it was started; 0 unknown
  StackId stack = kNoStack;
  StackId creation_stack = kNoStack;  // whole stack for ours; the one `created by` frame for Go
  // What Go prints between the parentheses of the calls of `stack`: a line for each frame, leaf
  // first, without empty ones at the end; "" for ours. Kept here and not in the frames, since
  // addresses are another goroutine's each time: so a hundred thousand share one stack.
  std::string arguments;
  std::string stack_note;
  Labels labels;
  std::vector<Held> held;
  bool held_overflowed = false;
  bool locked_to_thread = false;
  int32_t tid = 0;
  // After a search (Snapshot::reachability_searched): whether it can go on only if somebody unlocks
  // a lock for the goroutine that holds it; and the ids of those in the same state that have a way
  // to what it waits on, if that is no lock.
  bool deadlocked = false;
  std::vector<uint64_t> could_wake;
  // ... and whether it is a loop on a timer that nobody else can stop.
  bool unstoppable = false;

  // What Go prints between the brackets first: the wait reason, else the state's name.
  std::string_view status() const;
};

// Takes the next frame's arguments off the front of what is left of a Goroutine's `arguments`.
std::string_view TakeArguments(std::string_view* rest);

struct Resource {
  uint64_t address = 0;
  ObjectKind kind = ObjectKind::kNone;
  uint64_t owner_id = 0;
  std::optional<int64_t> owned_ns;
  StackId acquired_at = kNoStack;  // one-frame stack
  bool writer_waiting = false;
  int64_t readers = 0;
  uint64_t capacity = 0;
  uint64_t length = 0;
  bool closed = false;
  uint64_t creator_id = 0;
  StackId created_at = kNoStack;  // one-frame stack: where it was made
  uint64_t last_holder_id = 0;    // semaphores: who took units last (no owner)
  int64_t counter = 0;
  uint64_t references = 0;  // channels: handles (Chan<T> and its ends) that name it; 0 unknown
  int32_t fd = 0;           // descriptors: the number
  std::string name;         // ... and what it is: "tcp local->peer", a file's name
  friend bool operator==(const Resource&, const Resource&) = default;
};

// A goroutine has taken one lock while it held another; see record::LockOrder. The goroutine and
// the locks may be gone by now.
struct LockOrder {
  Held from;                // the lock that it held
  Held to;                  // the one that it took
  std::vector<Held> gates;  // the others that it held
  uint64_t goroutine_id = 0;
  uint64_t first_moment = 0;
  uint64_t last_moment = 0;
  std::vector<Spawn> ancestors;
  Spawn joined;
  StackId stack = kNoStack;  // of taking `to`, the first time
  StackId creation_stack = kNoStack;
  friend bool operator==(const LockOrder&, const LockOrder&) = default;
};

// One executable mapping of the process, for pprof's own symbolisation.
struct Mapping {
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;
  std::string file;
  std::string build_id;  // lower-case hex
  friend bool operator==(const Mapping&, const Mapping&) = default;
};

struct Snapshot {
  std::string source;                 // where it came from, for messages: "pid 123", a file's name
  std::string format;                 // "live", "wire", "text1", "text2", "proto", "json", ...
  std::string profile = "goroutine";  // Go's profile name; "goroutineleak" for that one
  int64_t taken_unix_ns = 0;          // 0 unknown
  int32_t pid = 0;
  int32_t procs = 0;
  uint64_t live = 0;      // M of "N of M"
  uint64_t captured = 0;  // N
  int64_t longest_hold_ns = 0;
  std::vector<Frame> frames;
  std::vector<Stack> stacks;
  std::vector<Goroutine> goroutines;
  std::vector<Resource> resources;
  std::vector<LockOrder> lock_orders;  // where they are recorded (debug::SetLockOrder)
  std::vector<Mapping> mappings;
  std::vector<std::string> notes;  // what could not be seen or read; one sentence each
  std::string preamble;            // "fatal error: all goroutines are asleep - deadlock!" and such
  bool truncated = false;          // the input ended in the middle; a reader notes where
  // The process has searched its memory (runtime::FindLeaks); what it has proven is flagged
  // "(leaked)".
  bool reachability_searched = false;

  uint64_t total() const;  // sum of the goroutines' counts, threads left out

  const Goroutine* FindGoroutine(uint64_t id) const;     // nullptr when absent; linear
  const Resource* FindResource(uint64_t address) const;  // nullptr when absent; linear
};

// Interner fills a snapshot's frame and stack tables without duplicates. It must outlive no
// snapshot it is used on, and the tables must not be changed by anyone else meanwhile.
class Interner {
 public:
  explicit Interner(Snapshot* snapshot) : snapshot_(snapshot) {}
  FrameId InternFrame(Frame frame);
  StackId InternStack(Stack stack);
  // The stack whose frames have these return addresses and nothing else yet.
  StackId InternAddresses(const std::vector<uint64_t>& addresses);

 private:
  Snapshot* snapshot_;
  std::unordered_multimap<uint64_t, FrameId> frames_;
  std::unordered_multimap<uint64_t, StackId> stacks_;
};

enum class Certainty {
  kProven,      // can never run again, whatever the rest of the program does
  kCertainNow,  // true of this instant
  kSuspected,   // by age, growth or imbalance
};
const char* ToString(Certainty certainty);  // "proven", "certain now", "suspected"

struct Finding {
  std::string
      rule;  // stable kebab-case name: "global-deadlock", "lock-cycle", "self-deadlock", ...
  Certainty certainty = Certainty::kSuspected;
  std::string title;                 // a few words: "lock cycle of 2 goroutines"
  std::string explanation;           // one plain sentence: who holds, who waits, who could wake
  std::vector<uint64_t> goroutines;  // ids, the culprit first
  std::vector<uint64_t> objects;     // addresses
  std::vector<std::string> actors;   // who would have to act, e.g. "goroutine 7 must unlock ..."
  uint64_t count = 0;                // goroutines affected (may exceed the ids listed)
};

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_MODEL_H_
