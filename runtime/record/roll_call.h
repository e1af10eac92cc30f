// RollCall: goes from goroutine to goroutine and says what is seen of each. What all captures are
// built on.
//
// In three passes, none of which stops the world:
//
//  1. The slots of all arenas. A goroutine that does not run is glimpsed at (hold.h): its record is
//     copied and its stack walked while it may run on, and all of it is thrown away if it has. Most
//     goroutines are done with that, held back by nobody, so it does not matter how long the kernel
//     keeps the CPU from us in the middle of it. Where the record refers to something that has to
//     be read and may be freed at any time, labels or a primitive that is not known yet, the
//     glimpse is completed under a hold: in batches, with nothing done meanwhile but reading that.
//  2. Those that ran, or that were disturbed: they are glimpsed at again, or interrupted on their
//     thread, or, at last, held back as soon as they stop.
//  3. The foreign threads that wait in a primitive, held back while they are walked by libunwind,
//     since nothing is known of their stacks.
//
// Nothing is locked and nobody is held back between two calls of Next. Any number of roll calls may
// go on at a time. Not thread-safe itself.
#ifndef MUSTER_RECORD_ROLL_CALL_H_
#define MUSTER_RECORD_ROLL_CALL_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "muster/record.h"
#include "runtime/record/interrupt.h"
#include "runtime/record/label_table.h"
#include "runtime/record/object_table.h"
#include "runtime/record/slot_cursor.h"
#include "runtime/record/stack_set.h"
#include "runtime/sched/hold.h"
#include "runtime/sched/ticks.h"
#include "runtime/stack/peek.h"

namespace muster::record {

// What is seen of one goroutine.
struct Sighting {
  Raw raw;              // raw.labels is not to be followed
  uint32_t stack = 0;   // in stacks(); 0: not walked, or empty
  uint32_t labels = 0;  // in labels()
  std::vector<Wait> waits;
  const char* note = "";  // why the stack is empty or cut
};

class RollCall {
 public:
  struct Options {
    bool stacks = true;
    bool include_system = false;
    bool labels = true;
    bool details = true;   // ancestors, waits and read locks
    bool objects = false;  // describe what is waited for or held; needs `details`
    bool threads = true;
  };

  explicit RollCall(const Options& options);
  RollCall(const RollCall&) = delete;
  RollCall& operator=(const RollCall&) = delete;

  // The next goroutine or thread, valid until the next call; nullptr at the end.
  const Sighting* Next();

  const Options& options() const { return options_; }
  const StackSet& stacks() const { return stacks_; }
  const LabelTable& labels() const { return labels_; }
  ObjectTable& objects() { return objects_; }
  // As in CaptureStream::summary.
  const Summary& summary() const { return summary_; }

 private:
  using G = sched::G;

  enum class Pass { kSlots, kRunning, kThreads, kEnd };
  enum class Look {
    kTaken,      // the sighting is complete
    kNeedsHold,  // it is right, but refers to what is not known yet
    kDisturbed,  // nothing was seen
    kUnwanted,   // one of Muster's own, and these were not asked for
  };
  struct Pending {
    G* g;
    sched::Glimpse glimpse;
    bool undisturbed;  // it was when held
    Sighting seen;
  };
  struct Fresh {  // an object to be described under a hold
    size_t pending;
    bool done;
    Object object;  // blank at first
  };

  bool Advance();
  void TakeSlot(G* g);
  void TakeRunning(G* g);
  Answer TakeInterrupted(G* g, sched::M* m);
  void TakeCaller(G* g, sched::M* m);
  bool TakeByForce(G* g);
  void TakeThreads();
  void TakeThread(G* g);

  Look LookAt(const G* g, const sched::Glimpse& glimpse, Sighting* seen);
  void CopyWaits(const G* g, Sighting* seen);
  bool FindStack(const G* g, const sched::Glimpse& glimpse, const stack::Chain& chain,
                 Sighting* seen);
  void SetStack(const Frames& frames, bool trusted, Sighting* seen);
  bool Complete(Sighting* seen);
  bool Awaits(const Sighting& seen) const;

  void Defer(G* g, const sched::Glimpse& glimpse);
  void CompleteUnderHold();
  void HoldPending();
  void NoteHold(int64_t begin_ticks);

  Sighting* Scratch();
  void Commit() { ++ready_count_; }
  void End();

  template <typename Visit>
  void ForEachObject(const Sighting& seen, Visit visit) const;

  const Options options_;
  const sched::TickScale scale_;
  Summary summary_;
  Pass pass_ = Pass::kSlots;
  SlotCursor slots_;
  std::vector<G*> running_;  // for the second pass
  size_t next_running_ = 0;
  bool holding_ = false;  // the goroutine that is looked at

  StackSet stacks_;
  LabelTable labels_;
  ObjectTable objects_;
  stack::StackCopy copy_;
  Frames frames_;

  // Sightings to be handed out: [ready_at_, ready_count_) of ready_, whose elements are used again.
  std::vector<Sighting> ready_;
  size_t ready_at_ = 0;
  size_t ready_count_ = 0;
  // Those that wait for a hold, in the first pending_count_ elements, which are used again.
  std::vector<Pending> pending_;
  size_t pending_count_ = 0;
  absl::flat_hash_set<const void*>
      awaited_;  // labels and objects that a pending one will make known
  std::vector<Fresh> fresh_;

  uint64_t hidden_ = 0;  // system goroutines that nobody asked for
  uint64_t ended_ = 0;
  uint64_t unanswered_ = 0;
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_ROLL_CALL_H_
