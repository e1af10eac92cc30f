// Capture: the roll call.
//
// Three passes, none of which stops the world. First the slots of all arenas: a parked or runnable
// goroutine is held by its scan bit while its record is copied and its stack walked. Then those
// that were seen running: each is interrupted on its thread, or, if it has parked meanwhile, held
// after all. Last, the foreign threads. What a goroutine waits on is described while the goroutine
// is held, since that keeps the primitive alive.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "muster/record.h"
#include "muster/select.h"
#include "runtime/record/describe.h"
#include "runtime/record/interrupt.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/hold.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/thread.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/walk.h"

namespace muster::record {
namespace {

using sched::G;

// A goroutine that is always between two states when looked at is given up after this many looks.
constexpr int kLooksAtRunning = 64;

void Describe(ObjectKind kind, const void* address, Object* object) {
  object->address = reinterpret_cast<uint64_t>(address);
  object->kind = kind;
  switch (kind) {
    case ObjectKind::kChan:
      return DescribeChan(address, object);
    case ObjectKind::kMutex:
      return DescribeMutex(address, object);
    case ObjectKind::kRWMutex:
      return DescribeRWMutex(address, object);
    case ObjectKind::kWaitGroup:
      return DescribeWaitGroup(address, object);
    case ObjectKind::kOnce:
      return DescribeOnce(address, object);
    case ObjectKind::kNone:
    case ObjectKind::kCond:
    case ObjectKind::kTimer:
      return;
  }
}

class RollCall {
 public:
  explicit RollCall(const CaptureOptions& options) : options_(options) {}

  Snapshot Take() {
    timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    snapshot_.realtime_ns = static_cast<int64_t>(real.tv_sec) * 1'000'000'000 + real.tv_nsec;
    snapshot_.monotonic_ns = sched::NowNanos();
    snapshot_.pid = getpid();
    snapshot_.procs = sched::g_scheduler.procs;
    snapshot_.live = static_cast<uint64_t>(std::max<int64_t>(0, sched::LiveGoroutines()));
    TakeParked();
    TakeRunning();
    std::sort(snapshot_.goroutines.begin(), snapshot_.goroutines.end(),
              [](const Goroutine& a, const Goroutine& b) { return a.id < b.id; });
    snapshot_.captured = snapshot_.goroutines.size();
    // A goroutine that was spawned or has ended meanwhile is not missing.
    snapshot_.live =
        std::max(snapshot_.live, snapshot_.captured) - std::min(snapshot_.live, ended_);
    snapshot_.live = std::max(snapshot_.live, snapshot_.captured);
    TakeThreads();
    LeaveOutOperations();
    for (auto& [address, object] : objects_) snapshot_.objects.push_back(object);
    std::sort(snapshot_.objects.begin(), snapshot_.objects.end(),
              [](const Object& a, const Object& b) { return a.address < b.address; });
    AddNotes();
    return std::move(snapshot_);
  }

 private:
  // Holds `g` back if it is parked or runnable; the state it is in, or kDead when not held.
  static State TryHold(G* g) {
    sched::MarkForHold(g);
    sched::HoldBarrier();
    return sched::ConfirmHold(g);
  }
  static void Release(G* g) { sched::ReleaseHold(g); }

  // Copies a goroutine that can be held; false when it runs, is dead, or has just changed.
  bool TakeHeld(G* g) {
    const int64_t begin = sched::NowNanos();
    const State state = TryHold(g);
    if (state == State::kDead) return false;
    CopyRecord(g, &raw_);
    raw_.state = state;
    raw_.tid = 0;
    if (state == State::kWaiting) {
      raw_.wait = g->wait;
      raw_.wait_since_ns = scale_.ToNanos(g->wait_since);
    } else {
      raw_.wait = sched::WaitInfo{};
      raw_.wait_since_ns = 0;
    }
    CopyWaits();
    raw_.frame_count = options_.stacks ? stack::WalkParked(g, raw_.frames, kMaxFrames) : 0;
    Release(g);
    snapshot_.longest_hold_ns = std::max(snapshot_.longest_hold_ns, sched::NowNanos() - begin);
    Add("");
    return true;
  }

  // Copies select's cases and describes the objects, while the goroutine is held.
  void CopyWaits() {
    waits_.clear();
    const sched::WaitInfo& wait = raw_.wait;
    if (wait.cases != nullptr) {
      for (int i = 0; i < wait.case_count; ++i) {
        const internal::SelectCase& c = wait.cases[i];
        waits_.push_back({reinterpret_cast<uint64_t>(c.chan), ObjectKind::kChan,
                          c.is_send ? Direction::kSend : Direction::kReceive});
        DescribeNew(ObjectKind::kChan, c.chan);
      }
    } else if (wait.kind != ObjectKind::kNone) {
      waits_.push_back({reinterpret_cast<uint64_t>(wait.object), wait.kind, wait.direction});
      DescribeNew(wait.kind, wait.object);
    }
    for (const sched::HeldRead& held : raw_.held) {
      if (held.lock != nullptr) DescribeNew(ObjectKind::kRWMutex, held.lock);
    }
  }

  void DescribeNew(ObjectKind kind, const void* address) {
    if (address == nullptr) return;
    auto [at, fresh] = objects_.try_emplace(reinterpret_cast<uint64_t>(address));
    if (fresh) Describe(kind, address, &at->second);
  }

  // Adds raw_ (with waits_) to the snapshot.
  void Add(std::string note) {
    LabelSet* labels = raw_.labels;
    raw_.labels = nullptr;
    if ((raw_.kind == Kind::kSystem && !options_.include_system) ||
        (raw_.kind != Kind::kThread && !seen_.insert(raw_.id).second)) {
      Unref(labels);
      return;
    }
    Goroutine& out = snapshot_.goroutines.emplace_back();
    out.id = raw_.id;
    out.parent_id = raw_.parent_id;
    out.ancestors.assign(raw_.ancestors, raw_.ancestors + raw_.ancestor_count);
    out.kind = raw_.kind;
    out.state = raw_.state;
    out.reason = raw_.wait.reason;
    out.waits = waits_;
    out.wait_since_ns = raw_.wait_since_ns;
    out.started_ns = raw_.started_ns;
    out.creation_stack_id = raw_.creation_stack;
    if (options_.stacks) out.creation_stack = stack::Lookup(raw_.creation_stack);
    out.stack.assign(raw_.frames, raw_.frames + raw_.frame_count);
    if (note.empty() && raw_.frame_count == kMaxFrames) {
      note = absl::StrCat("only the innermost ", kMaxFrames, " frames were walked");
    }
    out.stack_note = std::move(note);
    if (labels != nullptr) out.labels = labels->pairs;
    for (const sched::HeldRead& held : raw_.held) {
      if (held.lock == nullptr) continue;
      out.held.push_back({reinterpret_cast<uint64_t>(held.lock), ObjectKind::kRWMutex,
                          Direction::kRead, reinterpret_cast<uint64_t>(held.pc)});
    }
    out.held_overflowed = raw_.held_overflowed;
    out.locked_to_thread = raw_.locked_to_thread;
    out.tid = raw_.tid;
    Unref(labels);
  }

  void TakeParked() {
    stack::ForEachSlot([&](G* g) {
      const State state = g->state.load(std::memory_order_acquire);
      if (state == State::kDead || state == State::kIdle) return;
      if (!TakeHeld(g)) running_.push_back(g);
    });
  }

  static sched::M* RunsOn(const G* g) {
    for (sched::M* m = sched::g_scheduler.all_m.load(std::memory_order_acquire); m != nullptr;
         m = m->all_link) {
      if (m->current.load(std::memory_order_acquire) == g) return m;
    }
    return nullptr;
  }

  void TakeRunning() {
    for (G* g : running_) {
      if (!TakeOneRunning(g)) ++unanswered_;
    }
  }

  // True when the goroutine has been taken, or is no more.
  bool TakeOneRunning(G* g) {
    for (int look = 0; look < kLooksAtRunning; ++look) {
      const State state = g->state.load(std::memory_order_acquire);
      if (state == State::kDead || state == State::kIdle) {
        ++ended_;
        return true;
      }
      if (TakeHeld(g)) return true;
      sched::M* m = RunsOn(g);
      if (m == nullptr) {
        __builtin_ia32_pause();
        continue;
      }
      if (m == sched::CurrentM()) {
        TakeCaller(g, m);
        return true;
      }
      const Answer answer = InterruptRunning(m, &raw_);
      if (answer == Answer::kNoneRuns) continue;
      waits_.clear();
      raw_.wait = sched::WaitInfo{};
      raw_.wait_since_ns = 0;
      if (answer == Answer::kNoAnswer) return false;
      // Its read locks are not described: it runs, and may let go of them and even destroy them.
      if (!options_.stacks) raw_.frame_count = 0;
      const uint64_t taken = raw_.id;
      Add("");
      if (taken == __atomic_load_n(&g->id, __ATOMIC_RELAXED)) return true;
      // Another goroutine ran there by then; it has been taken, too. Look again for `g`.
    }
    return false;
  }

  // The goroutine that runs this very capture.
  void TakeCaller(G* g, sched::M* m) {
    CopyRecord(g, &raw_);
    raw_.state = State::kRunning;
    raw_.tid = m->tid.load(std::memory_order_relaxed);
    raw_.wait = sched::WaitInfo{};
    raw_.wait_since_ns = 0;
    waits_.clear();
    raw_.frame_count = options_.stacks ? stack::WalkHere(raw_.frames, kMaxFrames, 0) : 0;
    Add("");
  }

  void TakeThreads() {
    sched::LockGuard guard(sched::ThreadListLock());
    std::vector<Goroutine> goroutines = std::move(snapshot_.goroutines);
    snapshot_.goroutines.clear();
    for (G* g = sched::FirstThreadLocked(); g != nullptr; g = sched::NextThreadLocked(g)) {
      TakeThread(g);
    }
    std::sort(snapshot_.goroutines.begin(), snapshot_.goroutines.end(),
              [](const Goroutine& a, const Goroutine& b) { return a.id < b.id; });
    goroutines.insert(goroutines.end(), std::make_move_iterator(snapshot_.goroutines.begin()),
                      std::make_move_iterator(snapshot_.goroutines.end()));
    snapshot_.goroutines = std::move(goroutines);
  }

  void TakeThread(G* g) {
    const bool waits = TryHold(g) == State::kWaiting;
    CopyRecord(g, &raw_);
    raw_.state = waits ? State::kWaiting : State::kRunning;
    raw_.tid = g->tid;
    raw_.wait = waits ? g->wait : sched::WaitInfo{};
    raw_.wait_since_ns = waits ? scale_.ToNanos(g->wait_since) : 0;
    raw_.frame_count = 0;
    waits_.clear();
    if (waits) {
      CopyWaits();
      if (options_.stacks && g->thread_registers != nullptr) {
        const auto& registers = *static_cast<const stack::Registers*>(g->thread_registers);
        // Its call frames lie above the captured stack pointer; how far up is not known.
        raw_.frame_count =
            stack::WalkRegisters(registers, registers.sp, UINTPTR_MAX, raw_.frames, kMaxFrames);
      }
      Release(g);
    }
    Add(waits ? "" : "a running thread outside the runtime is not interrupted");
  }

  // A select that is parked holds references of its own, which are no handles that anybody could
  // use: one to each of its channels.
  void LeaveOutOperations() {
    for (const Goroutine& g : snapshot_.goroutines) {
      if (g.reason != WaitReason::kSelect) continue;
      std::unordered_set<uint64_t> counted;
      for (const Wait& wait : g.waits) {
        const auto at = objects_.find(wait.object);
        if (at == objects_.end() || !counted.insert(wait.object).second) continue;
        if (at->second.references > 0) --at->second.references;
      }
    }
  }

  void AddNotes() {
    if (options_.stacks && !muster_unwind_available()) {
      snapshot_.notes.emplace_back(
          "libunwind.so.8 is not installed: stacks were walked by frame pointers only, and code "
          "without them is missing from them");
    }
    if (unanswered_ > 0) {
      snapshot_.notes.push_back(absl::StrCat(
          unanswered_, " running goroutines could not be interrupted and are missing"));
    }
    if (stack::OverflowCount() > 0) {
      snapshot_.notes.push_back(absl::StrCat("the table of creation stacks is full (",
                                             stack::kMaxStacks, "): ", stack::OverflowCount(),
                                             " goroutines were started without one"));
    }
    if (stack::UnguardedSlots() > 0) {
      snapshot_.notes.push_back(
          absl::StrCat(stack::UnguardedSlots(), " goroutine stacks have no guard page (",
                       stack::GuardKind(), ": the limit on mappings, vm.max_map_count, was near)"));
    }
  }

  const CaptureOptions& options_;
  const sched::TickScale scale_;
  Snapshot snapshot_;
  Raw raw_;
  std::vector<Wait> waits_;
  std::vector<G*> running_;
  std::unordered_map<uint64_t, Object> objects_;
  std::unordered_set<uint64_t> seen_;
  uint64_t ended_ = 0;
  uint64_t unanswered_ = 0;
};

}  // namespace

Snapshot Capture(const CaptureOptions& options) {
  sched::LockGuard guard(sched::HoldLock());
  const tsan::IgnoreScope ignore;
  return RollCall(options).Take();
}

}  // namespace muster::record
