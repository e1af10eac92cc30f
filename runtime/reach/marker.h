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
// reachable. That makes its own stack reachable, and so on until nothing changes.
#ifndef MUSTER_REACH_MARKER_H_
#define MUSTER_REACH_MARKER_H_

#include <cstdint>

#include "runtime/reach/buffer.h"
#include "runtime/reach/glibc_heap.h"
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

  // Afterwards: the goroutines that can never run.
  const Buffer<sched::G*>& stuck() const { return candidates_; }
  uint64_t candidates() const { return candidate_count_; }
  uint64_t scanned_bytes() const { return scanned_; }

 private:
  const char* Prepare();
  void FindArenas();
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
  Buffer<uint8_t> block_marked_;
  Buffer<uint8_t> stack_marked_;
  Buffer<Range> todo_;  // to be searched
  Buffer<sched::G*> candidates_;
  Buffer<Range> excluded_;  // parts of mappings that are not roots, ascending
  bool unreadable_ = false;
  uint64_t candidate_count_ = 0;
  uint64_t scanned_ = 0;
  uintptr_t lowest_ = UINTPTR_MAX;  // of blocks and stacks: a quick way to see that a word is none
  uintptr_t highest_ = 0;
};

}  // namespace muster::reach

#endif  // MUSTER_REACH_MARKER_H_
