#include "runtime/stack/overflow.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>

#include "runtime/record/fatal.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/walk.h"

namespace muster::stack {
namespace {

// Room for the handler's report, which symbolises on this stack.
constexpr size_t kSignalStackSize = size_t{256} << 10;

struct sigaction g_previous_segv;
struct sigaction g_previous_bus;

void ReportOverflow(const sched::G* g, const ucontext_t* context) {
  char text[192];
  const auto lo = g->stack_lo - kPageSize;
  std::snprintf(text, sizeof(text),
                "runtime: goroutine stack exceeds %zu-byte limit\nruntime: stack=[0x%lx, 0x%lx] "
                "(set MUSTER_STACK_SIZE to raise it)\nfatal error: stack overflow",
                SlotSize() - kPageSize, static_cast<unsigned long>(lo),
                static_cast<unsigned long>(lo + SlotSize()));
  uint64_t pcs[record::kMaxFrames];
  int count = 0;
#if defined(__x86_64__)
  const greg_t* r = context->uc_mcontext.gregs;
  count =
      WalkFramePointers(static_cast<uintptr_t>(r[REG_RIP]), g->stack_lo,
                        static_cast<uintptr_t>(r[REG_RBP]), g->stack_hi, pcs, record::kMaxFrames);
#endif
  record::DieWithStack(text, g, pcs, count);
}

void PassOn(const struct sigaction& previous, int signal, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
    return;
  }
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
    return;
  }
  // The default action, on return: the faulting instruction is executed again.
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
}

void OnFault(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  if (info->si_code > 0) {  // raised by the kernel, not by kill()
    if (const sched::G* g = GuardOwner(address)) {
      ReportOverflow(g, static_cast<const ucontext_t*>(context));
    }
  }
  PassOn(signal == SIGBUS ? g_previous_bus : g_previous_segv, signal, info, context);
}

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

void InstallOverflowHandler() {
  struct sigaction action = {};
  action.sa_sigaction = &OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &g_previous_segv);
  sigaction(SIGBUS, &action, &g_previous_bus);
}

}  // namespace muster::stack
