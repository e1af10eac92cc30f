#include "runtime/record/quit.h"

#include <errno.h>
#include <signal.h>
#include <ucontext.h>

#include "runtime/record/death.h"
#include "runtime/record/witness.h"
#include "runtime/sched/scheduler.h"

// glibc's own name for sigaction: TSan delays the signals of handlers that it knows of until the
// thread's next intercepted call, which may never come.
extern "C" int __sigaction(int, const struct sigaction*, struct sigaction*) noexcept;

namespace muster::record {
namespace {

void OnQuit(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  uintptr_t pc = 0;
#if defined(__x86_64__)
  pc = static_cast<uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#else
  (void)context;
#endif
  const sched::M* m = sched::CurrentM();
  if (!AskToQuit(pc, m == nullptr ? -1 : m->id, info->si_code)) DieBySignal(number);
  errno = saved_errno;
}

}  // namespace

void InstallQuitHandler() {
  struct sigaction previous = {};
  __sigaction(SIGQUIT, nullptr, &previous);
  if ((previous.sa_flags & SA_SIGINFO) != 0 || previous.sa_handler != SIG_DFL) return;
  struct sigaction action = {};
  action.sa_sigaction = &OnQuit;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  __sigaction(SIGQUIT, &action, nullptr);
}

}  // namespace muster::record
