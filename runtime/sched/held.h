// Read locks that a goroutine holds, kept in its control block so that a capture can name the
// readers which a writer waits for.
#ifndef MUSTER_SCHED_HELD_H_
#define MUSTER_SCHED_HELD_H_

namespace muster::sched {

struct G;

// NoteReadLock records that the caller has read-locked `lock` at return address `pc`; bounded, and
// says when it overflowed.
void NoteReadLock(const void* lock, const void* pc);
// NoteReadUnlock forgets the caller's latest entry for `lock`; one that another goroutine made is
// left there (a hand-over), since it cannot be told whose it was.
void NoteReadUnlock(const void* lock);

// ForgetReadLocks empties the record of a goroutine that is being made.
void ForgetReadLocks(G* g);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_HELD_H_
