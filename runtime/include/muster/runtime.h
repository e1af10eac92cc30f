// The runtime's own controls, Go's package runtime.
#ifndef MUSTER_RUNTIME_H_
#define MUSTER_RUNTIME_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace muster::runtime {

// GOMAXPROCS sets how many goroutines may run at the same time (the number of Ps, 256 at most) and
// returns what it was; less than 1 only asks.
//
// It is MUSTER_PROCS at first, if that is set. Else it is Go's default: the number of CPUs in the
// affinity mask, or fewer if a cgroup's CPU limit (v1 or v2) is lower, which is rounded up, but to
// 2 at least. The default is looked at again about once a second while anything runs, until
// GOMAXPROCS has set a number.
//
// Nothing is stopped. More are there at once; when there are to be fewer, goroutines that run go on
// to their next scheduling point (any operation on a primitive, Gosched), so one that computes may
// run beside the others for that long. The caller itself gives way. What waited behind those that
// are gone moves to the others. With MUSTER_SCHEDULE there is one, whatever is asked for.
// Thread-safe; costs some microseconds, and more where many timers have to move.
int GOMAXPROCS(int n = 0);

// SetDefaultGOMAXPROCS makes it the default again, as if MUSTER_PROCS were not set, and has it
// follow the limits.
void SetDefaultGOMAXPROCS();

// NumCPU is the number of CPUs that the process could run on when it started.
int NumCPU();

// SetAffinity has goroutines run on these CPUs only: it sets the affinity of all OS threads that
// run goroutines now or later, those that goroutines are locked to included. An empty list sets
// them free again, to run where the main thread may. It is no request for fewer Ps (see
// GOMAXPROCS), and no goroutine or P is tied to one CPU of several. InvalidArgument, with nothing
// changed, names a CPU that the process may not run on. Thread-safe; one system call for each
// thread.
absl::Status SetAffinity(const std::vector<int>& cpus);

// NumGoroutine is the number of goroutines that exist now; foreign threads are not counted.
int64_t NumGoroutine();

// GoroutineId of the caller, as dumps print it; 0 on a foreign thread.
uint64_t GoroutineId();

// Gosched lets other goroutines run. On a foreign thread it yields the OS thread.
void Gosched();

// Goexit ends the calling goroutine after running the destructors of its frames. It unwinds the
// stack like an exception that only catch (...) sees, and catch (const abi::__forced_unwind&)
// (<cxxabi.h>); both must rethrow it: a handler that does not ends the process with a fatal error,
// and so does a function on the way that is noexcept. Called by the main goroutine it does not make
// Run return: see there. Throws Panic on a foreign thread.
[[noreturn]] void Goexit();

// LockOSThread wires the calling goroutine to its OS thread: it runs on no other, and no other
// goroutine runs there, until UnlockOSThread has been called as often. A goroutine that ends while
// locked takes the thread with it. No-ops on a foreign thread.
void LockOSThread();
void UnlockOSThread();

// What goroutines' stacks cost. A slot is the place of one stack: MUSTER_STACK_SIZE bytes of
// address space (256 KiB by default), of which only those pages cost memory that have been touched.
struct StackStats {
  int64_t slots_reserved = 0;   // address space set aside for
  int64_t slots_in_use = 0;     // goroutines that exist
  int64_t slots_free = 0;       // of goroutines that have ended (or are handed out in advance)
  int64_t slots_unguarded = 0;  // without a guard page: the limit on mappings was near
  int64_t bytes_reserved = 0;
  int64_t bytes_resident = 0;    // in memory now, control blocks included
  int64_t bytes_cached = 0;      // ... those of them that are in free slots
  int64_t bytes_given_back = 0;  // by deep stacks that shrank, since the process started
  int64_t page_table_bytes = 0;  // of the whole process: the kernel tells no less (VmPTE)
  int64_t longest_hold_ns = 0;   // the longest that a goroutine was held back to shrink its stack
};

// ReadStackStats, Go's ReadMemStats for stacks. Thread-safe; it stops nobody. Costs about 0.1 µs
// per slot used so far (0.6 before Linux 6.7) and 50 µs. The figures are read one after the other,
// so they need not add up while goroutines start and end.
StackStats ReadStackStats();

// SetBlockProfileRate turns the block profile on: how often and how long goroutines and threads
// were blocked on channels, in select, and on what package sync has, by the stack that was blocked.
// On average one wait is counted for each `rate` nanoseconds of waiting, and stands for the others;
// 1 counts every wait, 0 or less turns it off, which it is at first. What was counted stays. A wait
// that is counted costs about a microsecond. Thread-safe.
void SetBlockProfileRate(int rate);

// SetMutexProfileFraction turns the mutex profile on: contention for Mutex and RWMutex by the stack
// of the Unlock that ended the waits. On average one contention in `rate` is counted, and stands
// for the others; 1 counts all, 0 turns it off, which it is at first; a negative rate changes
// nothing. Returns the rate of before. Thread-safe. Each wait is charged once and whole, to the
// unlock that ends it; Go charges each unlock with what all waiters have waited since the one
// before.
int SetMutexProfileFraction(int rate);

// SetGoroutineCreateProfile turns the goroutinecreate profile on or off: how many goroutines were
// created since, by the stack that created them. Needs MUSTER_RECORD=full, the default, or site.
// Returns what it was; it is off at first. Thread-safe.
bool SetGoroutineCreateProfile(bool on);

// SetLabel sets a pprof label of the calling goroutine (or foreign thread); goroutines inherit the
// labels of their creator at the moment of Go. An empty value removes it.
void SetLabel(std::string_view key, std::string_view value);

// The caller's labels, by key.
std::vector<std::pair<std::string, std::string>> Labels();

// WithLabels adds labels for as long as it lives, then restores what was there. It must be
// destroyed by the goroutine that made it.
class WithLabels {
 public:
  // WithLabels labels({{"request", "42"}});
  WithLabels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);
  explicit WithLabels(const std::vector<std::pair<std::string, std::string>>& labels);
  ~WithLabels();
  WithLabels(const WithLabels&) = delete;
  WithLabels& operator=(const WithLabels&) = delete;

 private:
  void* previous_;
};

}  // namespace muster::runtime

#endif  // MUSTER_RUNTIME_H_
