// Marker: from what can run, along everything that could be a pointer, to what is reachable.
//
// For a forked copy of a process whose threads were stopped: nothing changes, and the heap must not
// be used. Memory is of three sorts:
//
//  - Blocks of malloc's. One is searched when a pointer into it, or right behind it, is found.
//  - Goroutines' stacks. Those of goroutines that can run are searched from where they are; that of
//    a stuck one only when somebody points into it, since what lies there may be shared with it.
//    A pointer to a control block is the runtime's own business and means nothing, and nothing lies
//    on a dead goroutine's stack; but if a stack in use has a pointer to one, it may be just about
//    to be started there.
//  - All other writable memory, which is searched from the start: global variables, thread-local
//    ones, threads' stacks as far as they are in use, other allocators' memory.
//
// A goroutine that waits can run when one of the objects that it waits on lies in memory that is
// reachable. That makes its own stack reachable, and so on until nothing changes. What is left can
// never run.
//
// A second search takes it that a lock is unlocked by the goroutine that holds it and by nobody
// else, which is the custom but no law: whoever waits for a lock can run when its holders can. What
// is left then, and was not before, is a deadlock for as long as nobody breaks the custom.
//
// A third one is for loops: those that wait for a timer or for word to stop. Of such a one it is
// asked who else has a way to its other channels.
#ifndef MUSTER_REACH_MARKER_H_
#define MUSTER_REACH_MARKER_H_

#include <compare>
#include <cstdint>

#include "runtime/reach/buffer.h"
#include "runtime/reach/glibc_heap.h"
#include "runtime/reach/holders.h"
#include "runtime/reach/maps.h"
#include "runtime/reach/stop.h"

namespace muster::reach {

class Marker {
 public:
  // `threads`: all that were stopped, and the one that forked. `ours` is the searcher's own memory,
  // which does not count.
  Marker(const Buffer<StoppedThread>& threads, const Buffer<Range>& ours)
      : threads_(threads), ours_(ours) {}

  // Null when done; else what went wrong.
  const char* Run();

  // Of two goroutines that are deadlocked, `other` has a way to what `waiter` waits on.
  struct CouldWake {
    uint64_t waiter = 0;
    uint64_t other = 0;
    friend auto operator<=>(const CouldWake&, const CouldWake&) = default;
  };

  // Afterwards: the goroutines that can never run.
  const Buffer<sched::G*>& stuck() const { return stuck_; }
  // Those beside them that can run only if somebody unlocks a lock for its holder.
  const Buffer<sched::G*>& deadlocked() const { return deadlocked_; }
  // Those that wait for timers and for others, of which nobody else has a way to the latter; of the
  // first kMostLoops.
  const Buffer<sched::G*>& unstoppable() const { return unstoppable_; }
  // Among the first kMostTraced of `deadlocked`; of waits for anything but a lock.
  const Buffer<CouldWake>& could_wake() const { return could_wake_; }
  uint64_t candidates() const { return candidate_count_; }
  uint64_t scanned_bytes() const { return scanned_; }

 private:
  static constexpr uint8_t kRunnable = 1;
  static constexpr uint8_t kFirstTrace = 2;
  static constexpr uint8_t kSought = 255;  // a block with an object that a deadlocked one waits on
  static constexpr size_t kMostTraced = 200;
  static constexpr size_t kMostCouldWake = 2000;
  static constexpr size_t kMostLoops = 16;

  // By what a candidate can be woken.
  enum class Rule : uint8_t {
    kAnybody,      // whoever has a way to what it waits on
    kHoldersOnly,  // the same, but for locks, which their holders alone unlock
    kNoTimers,     // kAnybody, but that timers wake none of the `doubted` ones
  };

  const char* Prepare();
  void FindArenas();
  void Search(Rule rule);
  bool SomeHolderWaits() const;
  bool Waits(const sched::G* g) const;
  bool CanGoOn(const sched::G* g) const;
  void FindDeadlocked();
  bool IsLoop(const sched::G* g) const;
  uint8_t& Doubted(const sched::G* g);
  void PassOverTimers();
  void FindUnstoppable();
  void FindWhoCouldWake();
  void TraceFrom(const sched::G* g);
  void SortGoroutines();
  void ScanRoots();
  void ScanMapping(const Mapping& mapping);
  void ScanThread(const StoppedThread& thread);
  void ScanForeign(uintptr_t lo, uintptr_t hi, bool of_stack);
  void ExcludeMainState(const Mapping& mapping);
  void ExcludeBelow(uintptr_t native, const sched::M* m);
  void Scan(uintptr_t lo, uintptr_t hi, bool of_stack);
  void MarkWord(uintptr_t word, bool of_stack);
  void MarkStack(sched::G* g);
  void Drain();
  bool WakeReachable();

  Range StackInUse(const sched::G* g) const;
  sched::G* SlotOf(uintptr_t address, size_t* number) const;
  bool IsReachable(uintptr_t object) const;
  bool IsIdle(const sched::M* m) const;

  const Buffer<StoppedThread>& threads_;
  const Buffer<Range>& ours_;
  Buffer<Mapping> maps_;
  GlibcHeap heap_;
  Buffer<Range> arenas_;  // ascending
  // By block and by slot: 0, or the search that has come there. Searches for what can run are 1;
  // those from one deadlocked goroutine have numbers of their own, and stop at what they look for.
  Buffer<uint8_t> block_marked_;
  Buffer<uint8_t> stack_marked_;
  uint8_t search_ = kRunnable;
  Buffer<Range> todo_;  // to be searched
  Buffer<sched::G*> candidates_;
  Buffer<uint8_t> waits_;  // by slot: whether it is among the candidates
  Holders holders_;
  // Entries in the locks' queues. A lock and its other waiters point at them, which gives nobody a
  // way to what else lies on those stacks; it matters where a reachable lock wakes nobody.
  Buffer<uintptr_t> queue_entries_;
  Rule rule_ = Rule::kAnybody;
  Buffer<uint8_t> doubted_;  // by slot: kNoTimers looks at its other channels only
  Buffer<sched::G*> loops_;
  Buffer<sched::G*> unstoppable_;
  Buffer<sched::G*> stuck_;
  Buffer<sched::G*> deadlocked_;
  Buffer<size_t> met_;  // blocks that were sought, and found from the goroutine at hand
  Buffer<CouldWake> could_wake_;
  Buffer<Range> excluded_;  // parts of mappings that are not roots, ascending
  bool unreadable_ = false;
  uint64_t candidate_count_ = 0;
  uint64_t scanned_ = 0;
  uintptr_t lowest_ = UINTPTR_MAX;  // of blocks and stacks: a quick way to see that a word is none
  uintptr_t highest_ = 0;
};

}  // namespace muster::reach

#endif  // MUSTER_REACH_MARKER_H_
