#include "runtime/record/roll_call.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "muster/select.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/asan.h"
#include "runtime/sched/region.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/thread.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/frame_trust.h"
#include "runtime/stack/stack_table.h"

namespace muster::record {
namespace {

using sched::G;

// A goroutine that is always between two states when looked at is given up after this many looks.
constexpr int kLooksAtRunning = 64;
// From this look on we also try to hold it back by force, and sleep in between.
constexpr int kPatientLook = 8;
constexpr int64_t kShortestSleepNs = 20'000;
constexpr int64_t kLongestSleepNs = 1'000'000;

constexpr char kThreadRuns[] = "a running thread outside the runtime is not interrupted";
static_assert(kMaxFrames == 64);
constexpr char kCut[] = "only the innermost 64 frames were walked";

sched::M* RunsOn(const G* g) {
  for (sched::M* m = sched::g_scheduler.all_m.load(std::memory_order_acquire); m != nullptr;
       m = m->all_link) {
    if (m->current.load(std::memory_order_acquire) == g) return m;
  }
  return nullptr;
}

// The goroutine's thread may have lost its CPU, perhaps to us, in the middle of a switch: then it
// has to get on before there is anything to be seen.
void LetItsThreadRun(int look) {
  if (look < kPatientLook) {
    __builtin_ia32_pause();
    return;
  }
  const int doublings = std::min(look - kPatientLook, 10);
  const timespec pause = {0, std::min(kShortestSleepNs << doublings, kLongestSleepNs)};
  nanosleep(&pause, nullptr);
}

bool IsGone(const G* g) {
  const State state = g->state.load(std::memory_order_acquire);
  return state == State::kDead || state == State::kIdle;
}

}  // namespace

RollCall::RollCall(const Options& options) : options_(options), ready_(1) {
  timespec real;
  clock_gettime(CLOCK_REALTIME, &real);
  summary_.realtime_ns = static_cast<int64_t>(real.tv_sec) * 1'000'000'000 + real.tv_nsec;
  summary_.monotonic_ns = sched::NowNanos();
  summary_.pid = getpid();
  summary_.procs = sched::g_scheduler.procs.load(std::memory_order_relaxed);
  summary_.live = static_cast<uint64_t>(std::max<int64_t>(0, sched::LiveGoroutines()));
}

const Sighting* RollCall::Next() {
  const tsan::IgnoreScope ignore;
  while (ready_at_ == ready_count_) {
    ready_at_ = ready_count_ = 0;
    if (!Advance()) return nullptr;
  }
  const Sighting* next = &ready_[ready_at_++];
  if (next->raw.kind != Kind::kThread) ++summary_.captured;
  return next;
}

// Goes on with one slot, one running goroutine or all threads; false at the end.
bool RollCall::Advance() {
  switch (pass_) {
    case Pass::kSlots:
      if (G* g = slots_.Next()) {
        TakeSlot(g);
      } else {
        CompleteUnderHold();
        pass_ = Pass::kRunning;
      }
      return true;
    case Pass::kRunning:
      if (next_running_ < running_.size()) {
        TakeRunning(running_[next_running_++]);
      } else {
        pass_ = Pass::kThreads;
      }
      return true;
    case Pass::kThreads:
      if (options_.threads) TakeThreads();
      End();
      pass_ = Pass::kEnd;
      return true;
    case Pass::kEnd:
      return false;
  }
  return false;
}

// Where the next sighting is put; Commit hands it out.
Sighting* RollCall::Scratch() {
  if (ready_count_ == ready_.size()) ready_.emplace_back();
  return &ready_[ready_count_];
}

void RollCall::TakeSlot(G* g) {
  if (IsGone(g)) return;
  const sched::Glimpse glimpse(g);
  switch (LookAt(g, glimpse, Scratch())) {
    case Look::kTaken:
      Commit();
      break;
    case Look::kNeedsHold:
      Defer(g, glimpse);
      break;
    case Look::kDisturbed:
      running_.push_back(g);
      break;
    case Look::kUnwanted:
      break;
  }
}

// Copies what can be had without holding `g`.
RollCall::Look RollCall::LookAt(const G* g, const sched::Glimpse& glimpse, Sighting* seen) {
  if (glimpse.state() == State::kDead) return Look::kDisturbed;
  Raw& raw = seen->raw;
  CopyRecord(g, options_.details, &raw);
  raw.state = glimpse.state();
  raw.tid = 0;
  raw.wait = sched::WaitInfo{};
  raw.wait_since_ns = 0;
  if (raw.state == State::kWaiting) {
    raw.wait = g->wait;
    raw.wait_since_ns = scale_.ToNanos(g->wait_since);
  } else if (raw.state == State::kSyscall) {
    raw.wait_since_ns = scale_.ToNanos(g->wait_since);
  }
  // ASan unmaps its frames on the heap when the goroutine ends: they are safe under a hold only.
  if (asan::kEnabled && !holding_ && raw.wait.cases != nullptr) return Look::kDisturbed;
  if (options_.details) CopyWaits(g, seen);
  const bool started = g->started;
  stack::Chain chain;
  if (options_.stacks && started) chain = stack::PeekChain(g, frames_.pcs, kMaxFrames);
  const auto entry = reinterpret_cast<uint64_t>(g->run);
  if (!glimpse.Undisturbed()) return Look::kDisturbed;

  // All of that belongs together. The stack itself must not be followed any further without asking
  // again.
  if (raw.kind == Kind::kSystem && !options_.include_system) {
    ++hidden_;
    return Look::kUnwanted;
  }
  seen->stack = 0;
  seen->note = "";
  if (options_.stacks && !started) {
    // It will begin in that function.
    const uint64_t begin = entry + 1;
    seen->stack = stacks_.Add(&begin, 1, true);
  } else if (options_.stacks && !FindStack(g, glimpse, chain, seen)) {
    return Look::kDisturbed;
  }
  return Complete(seen) ? Look::kTaken : Look::kNeedsHold;
}

// Copies what `g` waits on, within a glimpse or hold. A select's cases are on the goroutine's own
// stack. (In ASan builds they are in a frame on the heap, and the goroutine is held.)
void RollCall::CopyWaits(const G* g, Sighting* seen) {
  seen->waits.clear();
  const sched::WaitInfo& wait = seen->raw.wait;
  // What stands before cases is waited for as well as these.
  if (wait.kind != ObjectKind::kNone && (wait.cases == nullptr || wait.object != nullptr)) {
    seen->waits.push_back({reinterpret_cast<uint64_t>(wait.object), wait.kind, wait.direction});
  }
  if (wait.cases != nullptr) {
    const auto count = static_cast<size_t>(wait.case_count);
    // A thread is held, with a stack that is not known.
    const bool anywhere = g->kind == Kind::kThread || asan::kEnabled;
    if (!anywhere && (count > stack::SlotSize() ||
                      !stack::LiesOnStack(g, wait.cases, count * sizeof(*wait.cases)))) {
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      const internal::SelectCase& c = wait.cases[i];
      seen->waits.push_back({reinterpret_cast<uint64_t>(c.chan), ObjectKind::kChan,
                             c.is_send ? Direction::kSend : Direction::kReceive});
    }
  }
}

// Finds or makes the number of the stack whose walk by frame pointers is `chain`. False when it
// has to be walked in another way and the goroutine has run meanwhile.
bool RollCall::FindStack(const G* g, const sched::Glimpse& glimpse, const stack::Chain& chain,
                         Sighting* seen) {
  if (chain.whole) {
    seen->stack = stacks_.FindTrusted(frames_.pcs, chain.count, chain.hash.value());
    if (seen->stack != 0) {
      if (chain.count == kMaxFrames) seen->note = kCut;
      return true;
    }
  }
  frames_.count = chain.count;
  bool trusted = chain.whole && stack::TrustOfAll(frames_.pcs, chain.count) == stack::Trust::kKept;
  if (!trusted && muster_unwind_available()) {
    if (!copy_.Take(g) || !glimpse.Undisturbed()) return false;
    uint64_t walked[kMaxFrames + 1];
    const int count = std::min(copy_.Walk(walked, kMaxFrames + 1), kMaxFrames);
    // One frame means that there are no unwind tables at all.
    if (count > 1) {
      std::copy_n(walked, count, frames_.pcs);
      frames_.count = count;
      trusted = stack::TrustOfAll(walked, count) == stack::Trust::kKept;
    }
  }
  SetStack(frames_, trusted, seen);
  return true;
}

void RollCall::SetStack(const Frames& frames, bool trusted, Sighting* seen) {
  seen->stack = stacks_.Add(frames.pcs, frames.count, trusted);
  seen->note = frames.count == kMaxFrames ? kCut : "";
}

// Calls visit(kind, address) for each primitive that the sighting refers to.
template <typename Visit>
void RollCall::ForEachObject(const Sighting& seen, Visit visit) const {
  if (!options_.objects) return;
  for (const Wait& wait : seen.waits) {
    if (wait.object != 0) visit(wait.kind, reinterpret_cast<const void*>(wait.object));
  }
  for (const sched::HeldRead& held : seen.raw.held) {
    if (held.lock != nullptr) visit(ObjectKind::kRWMutex, held.lock);
  }
}

// Whether all that the sighting refers to is known; sets its labels if they are.
bool RollCall::Complete(Sighting* seen) {
  seen->labels = options_.labels ? labels_.Find(seen->raw.labels) : 0;
  bool complete = seen->labels != LabelTable::kUnknown;
  ForEachObject(*seen, [&](ObjectKind, const void* address) {
    complete = complete && objects_.Has(reinterpret_cast<uint64_t>(address));
  });
  return complete;
}

// Whether a pending sighting will make known what this one lacks.
bool RollCall::Awaits(const Sighting& seen) const {
  bool awaits = seen.labels == LabelTable::kUnknown && awaited_.contains(seen.raw.labels);
  ForEachObject(seen, [&](ObjectKind, const void* address) {
    awaits = awaits || awaited_.contains(address);
  });
  return awaits;
}

// Puts the sighting in Scratch() off until its goroutine can be held together with others. So a
// million goroutines that wait on a million channels are held in batches; but if they wait on the
// same one, it is described at once, and the others need no hold.
void RollCall::Defer(G* g, const sched::Glimpse& glimpse) {
  if (Awaits(*Scratch())) {
    Sighting seen;
    std::swap(seen, *Scratch());
    CompleteUnderHold();
    std::swap(seen, *Scratch());
    if (Complete(Scratch())) return Commit();
  }
  if (pending_count_ == pending_.size()) pending_.push_back({g, glimpse, false, {}});
  Pending& pending = pending_[pending_count_++];
  pending.g = g;
  pending.glimpse = glimpse;
  std::swap(pending.seen, *Scratch());
  awaited_.insert(pending.seen.raw.labels);
  ForEachObject(pending.seen, [&](ObjectKind, const void* address) { awaited_.insert(address); });
  if (pending_count_ == sched::kHoldBatch) CompleteUnderHold();
}

// Holds the pending goroutines, and reads what their sightings refer to. Those that have run since
// they were glimpsed at are left to the second pass.
void RollCall::CompleteUnderHold() {
  if (pending_count_ == 0) return;
  fresh_.clear();
  for (size_t i = 0; i < pending_count_; ++i) {
    ForEachObject(pending_[i].seen, [&](ObjectKind kind, const void* address) {
      if (objects_.Has(reinterpret_cast<uint64_t>(address))) return;
      fresh_.push_back({i, false, BlankObject(kind, address)});
    });
  }
  HoldPending();
  for (const Fresh& fresh : fresh_) {
    if (fresh.done) objects_.Add(fresh.object);
  }
  for (size_t i = 0; i < pending_count_; ++i) {
    Pending& pending = pending_[i];
    if (pending.undisturbed) {
      if (options_.labels) pending.seen.labels = labels_.Add(pending.seen.raw.labels);
      std::swap(pending.seen, *Scratch());
      Commit();
    } else if (pass_ == Pass::kSlots) {
      running_.push_back(pending.g);
    }
  }
  pending_count_ = 0;
  awaited_.clear();
}

// Everything in here keeps goroutines from running: nothing is allocated, and nothing waited for.
void RollCall::HoldPending() {
  const sched::LockGuard guard(sched::HoldLock());
  const int64_t begin = sched::Ticks();
  for (size_t i = 0; i < pending_count_; ++i) sched::MarkForHold(pending_[i].g);
  sched::HoldBarrier();
  auto fresh = fresh_.begin();
  for (size_t i = 0; i < pending_count_; ++i) {
    Pending& pending = pending_[i];
    const bool held = sched::ConfirmHold(pending.g) != State::kDead;
    pending.undisturbed = held && pending.glimpse.Undisturbed();
    for (; fresh != fresh_.end() && fresh->pending == i; ++fresh) {
      if (!pending.undisturbed) continue;
      Describe(&fresh->object);
      fresh->done = true;
    }
    if (pending.undisturbed && options_.labels) Ref(pending.seen.raw.labels);
    if (held) sched::ReleaseHold(pending.g);
  }
  NoteHold(begin);
}

void RollCall::NoteHold(int64_t begin_ticks) {
  const int64_t held_ns = scale_.ToNanos(sched::Ticks()) - scale_.ToNanos(begin_ticks);
  summary_.longest_hold_ns = std::max(summary_.longest_hold_ns, held_ns);
}

void RollCall::TakeRunning(G* g) {
  for (int look = 0; look < kLooksAtRunning; ++look) {
    if (IsGone(g)) {
      ++ended_;
      return;
    }
    const sched::Glimpse glimpse(g);
    switch (LookAt(g, glimpse, Scratch())) {
      case Look::kTaken:
        return Commit();
      case Look::kUnwanted:
        return;
      case Look::kNeedsHold:
        Defer(g, glimpse);
        CompleteUnderHold();
        if (ready_count_ > 0) return;
        break;
      case Look::kDisturbed:
        break;
    }
    sched::M* m = RunsOn(g);
    if (m != nullptr && m == sched::CurrentM()) return TakeCaller(g, m);
    // Nor is one in a region disturbed, whose calls a signal might cut short.
    if (m != nullptr && !sched::InRegion(g)) {
      const Answer answer = TakeInterrupted(g, m);
      if (answer == Answer::kTaken) return;
      if (answer == Answer::kNoAnswer) break;
    }
    if ((look >= kPatientLook || asan::kEnabled) && TakeByForce(g)) return;
    LetItsThreadRun(look);
  }
  ++unanswered_;
}

// The goroutine that runs this very capture.
void RollCall::TakeCaller(G* g, sched::M* m) {
  Sighting* seen = Scratch();
  CopyRecord(g, options_.details, &seen->raw);
  seen->raw.state = State::kRunning;
  seen->raw.tid = m->tid.load(std::memory_order_relaxed);
  seen->raw.wait = sched::WaitInfo{};
  seen->raw.wait_since_ns = 0;
  seen->waits.clear();
  seen->labels = options_.labels ? labels_.Add(Ref(seen->raw.labels)) : 0;
  frames_.count = options_.stacks ? stack::WalkHere(frames_.pcs, kMaxFrames, 0) : 0;
  SetStack(frames_, false, seen);
  Commit();
}

// Interrupts `g`, which runs on `m`. kNoneRuns also when another goroutine ran there by then.
Answer RollCall::TakeInterrupted(G* g, sched::M* m) {
  Sighting* seen = Scratch();
  const sched::LockGuard guard(sched::HoldLock());
  const Answer answer = InterruptRunning(m, &seen->raw, &frames_);
  if (answer != Answer::kTaken) return answer;
  LabelSet* labels = seen->raw.labels;
  if (seen->raw.id != __atomic_load_n(&g->id, __ATOMIC_RELAXED)) {
    Unref(labels);
    return Answer::kNoneRuns;
  }
  if (seen->raw.kind == Kind::kSystem && !options_.include_system) {
    ++hidden_;
    Unref(labels);
    return answer;
  }
  // Its read locks are not described: it runs, and may let go of them and even destroy them.
  seen->waits.clear();
  seen->labels = labels_.Add(labels);
  if (!options_.stacks) frames_.count = 0;
  SetStack(frames_, false, seen);
  Commit();
  return answer;
}

// Holds `g` back as soon as it stops to run. A waker that meets the mark waits for us; so this
// succeeds with goroutines that never stay in one state for as long as a look takes.
bool RollCall::TakeByForce(G* g) {
  const sched::LockGuard guard(sched::HoldLock());
  const int64_t begin = sched::Ticks();
  sched::MarkForHold(g);
  sched::HoldBarrier();
  if (sched::ConfirmHold(g) == State::kDead) return false;
  holding_ = true;
  Look look = Look::kDisturbed;
  // Its waker may make it runnable while it is held, but only once.
  for (int i = 0; i < 2 && look == Look::kDisturbed; ++i) {
    look = LookAt(g, sched::Glimpse(g), Scratch());
  }
  Sighting* seen = Scratch();
  if (look == Look::kNeedsHold) {
    if (options_.labels) seen->labels = labels_.Add(Ref(seen->raw.labels));
    ForEachObject(*seen, [&](ObjectKind kind, const void* address) {
      Object object = BlankObject(kind, address);
      Describe(&object);
      objects_.Add(object);
    });
    look = Look::kTaken;
  }
  holding_ = false;
  sched::ReleaseHold(g);
  NoteHold(begin);
  if (look == Look::kTaken) Commit();
  return look != Look::kDisturbed;
}

void RollCall::TakeThreads() {
  const sched::LockGuard hold(sched::HoldLock());
  const sched::LockGuard list(sched::ThreadListLock());
  for (G* g = sched::FirstThreadLocked(); g != nullptr; g = sched::NextThreadLocked(g)) {
    TakeThread(g);
  }
}

void RollCall::TakeThread(G* g) {
  Sighting* seen = Scratch();
  Raw& raw = seen->raw;
  const int64_t begin = sched::Ticks();
  sched::MarkForHold(g);
  sched::HoldBarrier();
  const bool waits = sched::ConfirmHold(g) == State::kWaiting;
  CopyRecord(g, options_.details, &raw);
  raw.state = waits ? State::kWaiting : State::kRunning;
  raw.tid = g->tid;
  raw.wait = waits ? g->wait : sched::WaitInfo{};
  raw.wait_since_ns = waits ? scale_.ToNanos(g->wait_since) : 0;
  seen->waits.clear();
  frames_.count = 0;
  if (waits) {
    if (options_.details) CopyWaits(g, seen);
    ForEachObject(*seen, [&](ObjectKind kind, const void* address) {
      if (objects_.Has(reinterpret_cast<uint64_t>(address))) return;
      Object object = BlankObject(kind, address);
      Describe(&object);
      objects_.Add(object);
    });
    if (options_.stacks && g->thread_registers != nullptr) {
      const auto& registers = *static_cast<const stack::Registers*>(g->thread_registers);
      // Its call frames lie above the captured stack pointer; how far up is not known.
      frames_.count =
          stack::WalkRegisters(registers, registers.sp, UINTPTR_MAX, frames_.pcs, kMaxFrames);
    }
    sched::ReleaseHold(g);
    NoteHold(begin);
  }
  // The list's lock keeps the labels as they are.
  seen->labels = options_.labels ? labels_.Add(Ref(raw.labels)) : 0;
  SetStack(frames_, false, seen);
  if (!waits) seen->note = kThreadRuns;
  Commit();
}

void RollCall::End() {
  // A goroutine that was spawned or has ended meanwhile is not missing, nor one that is Muster's
  // own.
  summary_.live =
      std::max(summary_.live, summary_.captured) - std::min(summary_.live, ended_ + hidden_);
  summary_.live = std::max(summary_.live, summary_.captured);
  std::vector<std::string>& notes = summary_.notes;
  if (options_.stacks && !muster_unwind_available()) {
    notes.emplace_back(
        "libunwind.so.8 is not installed: stacks were walked by frame pointers only, and code "
        "without them is missing from them");
  }
  if (unanswered_ > 0) {
    notes.push_back(
        absl::StrCat(unanswered_, " running goroutines could not be interrupted and are missing"));
  }
  if (stack::OverflowCount() > 0) {
    notes.push_back(absl::StrCat("the table of creation stacks is full (", stack::kMaxStacks, "): ",
                                 stack::OverflowCount(), " goroutines were started without one"));
  }
  if (stack::UnguardedSlots() > 0) {
    notes.push_back(absl::StrCat(stack::UnguardedSlots(), " goroutine stacks have no guard page (",
                                 stack::GuardKind(),
                                 ": the limit on mappings, vm.max_map_count, was near)"));
  }
}

}  // namespace muster::record
