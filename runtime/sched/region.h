// Blocking regions (muster/blocking.h): Go's entersyscall and exitsyscall.
//
// Inside, the goroutine's M has no P (M::p is null), so whatever needs one goes the ways that are
// there for threads without. The P that it had is loosely bound: P::region_m names the M. The M
// that comes back and the monitor both try to reset that; the one who succeeds has the P.
//
// The goroutine's state is kSyscall and belongs to the goroutine itself, as kRunning does. Captures
// may glimpse at it and hold it, as if it were parked where it entered: G::region is what a context
// is to a parked one. What a hold protects may not change in a region without respecting the hold:
// see RegionChange.
#ifndef MUSTER_SCHED_REGION_H_
#define MUSTER_SCHED_REGION_H_

#include "runtime/sched/g.h"

namespace muster::sched {

struct M;
struct P;

inline bool InRegion(const G* g) {
  return g->state.load(std::memory_order_relaxed) == record::State::kSyscall;
}

// SuspendRegion prepares the caller, which is in a region, for parking: it has the old P again if
// nobody has taken it, else none. ResumeRegion makes a P-holding caller be in its region again.
void SuspendRegion(M* m, G* g);
void ResumeRegion();

// Takes the loosely bound `p` away from its M. False when it has none by now. For the monitor.
bool Retake(P* p);

// RegionChange is made by the caller around a change of its own record (labels, read locks), which
// a capture might otherwise read under a hold. Does nothing outside of a region.
class RegionChange {
 public:
  explicit RegionChange(G* g);
  ~RegionChange();
  RegionChange(const RegionChange&) = delete;
  RegionChange& operator=(const RegionChange&) = delete;

 private:
  G* g_;
};

}  // namespace muster::sched

#endif  // MUSTER_SCHED_REGION_H_
