#include "runtime/stack/overflow.h"

#include <signal.h>
#include <sys/mman.h>

#include <cstdio>

#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"

namespace muster::stack {
namespace {

// Room for the handler's report, which symbolises on this stack.
constexpr size_t kSignalStackSize = size_t{256} << 10;

}  // namespace

void InstallSignalStack(sched::M* m) {
  // A sanitizer may have given the thread one already, and will unmap whichever it finds at the
  // end.
  stack_t existing = {};
  if (sigaltstack(nullptr, &existing) == 0 && (existing.ss_flags & SS_DISABLE) == 0) return;
  m->signal_stack = mmap(nullptr, kSignalStackSize, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (m->signal_stack == MAP_FAILED) {
    m->signal_stack = nullptr;
    return;
  }
  stack_t stack = {};
  stack.ss_sp = m->signal_stack;
  stack.ss_size = kSignalStackSize;
  sigaltstack(&stack, nullptr);
}

void RemoveSignalStack(sched::M* m) {
  if (m->signal_stack == nullptr) return;
  stack_t stack = {};
  stack.ss_flags = SS_DISABLE;
  sigaltstack(&stack, nullptr);
  munmap(m->signal_stack, kSignalStackSize);
  m->signal_stack = nullptr;
}

void DescribeOverflow(const sched::G* g, char* text, size_t size) {
  const auto lo = g->stack_lo - kPageSize;
  std::snprintf(text, size,
                "runtime: goroutine stack exceeds %zu-byte limit\nruntime: stack=[0x%lx, 0x%lx] "
                "(set MUSTER_STACK_SIZE to raise it)",
                SlotSize() - kPageSize, static_cast<unsigned long>(lo),
                static_cast<unsigned long>(lo + SlotSize()));
}

}  // namespace muster::stack
