// Overflow: a goroutine that runs into its guard page is named, not just killed.
#ifndef MUSTER_STACK_OVERFLOW_H_
#define MUSTER_STACK_OVERFLOW_H_

#include <cstddef>

namespace muster::sched {
struct G;
struct M;
}  // namespace muster::sched

namespace muster::stack {

// Gives the calling M an alternate signal stack, without which no handler could run on overflow.
void InstallSignalStack(sched::M* m);
void RemoveSignalStack(sched::M* m);

// What Go says of a goroutine that has run into its guard page: the limit, and where the stack is.
// Async-signal-safe.
void DescribeOverflow(const sched::G* g, char* text, size_t size);

}  // namespace muster::stack

#endif  // MUSTER_STACK_OVERFLOW_H_
