// Overflow: a goroutine that runs into its guard page is named, not just killed.
#ifndef MUSTER_STACK_OVERFLOW_H_
#define MUSTER_STACK_OVERFLOW_H_

namespace muster::sched {
struct M;
}

namespace muster::stack {

// Gives the calling M an alternate signal stack, without which no handler could run on overflow.
void InstallSignalStack(sched::M* m);
void RemoveSignalStack(sched::M* m);

// Handles SIGSEGV and SIGBUS: an access to a guard page ends the process with Go's report
// (goroutine, limit, stack, creation stack) and status 2; any other goes on to the handler that was
// there before.
void InstallOverflowHandler();

}  // namespace muster::stack

#endif  // MUSTER_STACK_OVERFLOW_H_
