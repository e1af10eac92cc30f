#include "runtime/record/fault.h"

#include <errno.h>
#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <iterator>

#include "runtime/record/death.h"
#include "runtime/record/traceback.h"
#include "runtime/record/traceback_level.h"
#include "runtime/record/witness.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/overflow.h"

namespace muster::record {
namespace {

// Where Go draws the line between a nil pointer, or a member of what it points to, and an address
// that is just wrong.
constexpr uintptr_t kNilPage = 4096;

struct Fault {
  int number;
  const char* words;  // Go's
  struct sigaction previous;
};
Fault g_faults[] = {
    {SIGSEGV, "SIGSEGV: segmentation violation", {}},
    {SIGBUS, "SIGBUS: bus error", {}},
    {SIGFPE, "SIGFPE: floating-point exception", {}},
    {SIGILL, "SIGILL: illegal instruction", {}},
    {SIGABRT, "SIGABRT: abort", {}},
};

Fault& FaultOf(int number) {
  for (Fault& fault : g_faults) {
    if (fault.number == number) return fault;
  }
  return g_faults[0];
}

// Who was interrupted, and where.
struct Site {
  const sched::G* g = nullptr;          // null when no goroutine runs there
  const sched::M* m = nullptr;          // null on a foreign thread
  const sched::G* overflown = nullptr;  // whose guard page was touched
  stack::Registers registers = {};
  uintptr_t pc = 0;
  uintptr_t hi = 0;  // the end of the stack; 0: not known
};

bool FromKernel(const siginfo_t* info) { return info->si_code > 0; }

void ReadRegisters(const ucontext_t* context, Site* site) {
#if defined(__x86_64__)
  const greg_t* r = context->uc_mcontext.gregs;
  const auto read = [r](int name) { return static_cast<uint64_t>(r[name]); };
  site->pc = read(REG_RIP);
  site->registers = {read(REG_RIP), read(REG_RSP), read(REG_RBP), read(REG_RBX),
                     read(REG_R12), read(REG_R13), read(REG_R14), read(REG_R15)};
#else
  (void)context;
  (void)site;
#endif
}

// A call through a null or wild function pointer: the frame is that of its caller.
__attribute__((no_sanitize("address"))) void ReturnFromWildCall(stack::Registers* registers) {
  registers->pc = *reinterpret_cast<const uint64_t*>(registers->sp);
  registers->sp += sizeof(uint64_t);
}

Site Locate(int number, const siginfo_t* info, const ucontext_t* context) {
  Site site;
  ReadRegisters(context, &site);
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  const bool memory = FromKernel(info) && (number == SIGSEGV || number == SIGBUS);
  if (memory) site.overflown = stack::GuardOwner(address);
  site.m = sched::CurrentM();
  const sched::G* g = sched::CurrentGoroutine();
  const uintptr_t sp = site.registers.sp;
  // `current` changes a few instructions before the stack does.
  if (g != nullptr && (g == site.overflown || (sp >= g->stack_lo && sp < g->stack_hi))) {
    site.g = g;
    site.hi = g->stack_hi;
  } else if (site.m != nullptr) {
    site.hi = site.m->g0.stack_hi;
  }
  if (memory && site.overflown == nullptr && site.pc == address) {
    ReturnFromWildCall(&site.registers);
  } else {
    ++site.registers.pc;  // so that it reads like a return address
  }
  return site;
}

const char* ArithmeticWords(int code) {
  switch (code) {
    case FPE_INTDIV:
      return "integer divide by zero";
    case FPE_INTOVF:
      return "integer overflow";
    default:
      return "floating point error";
  }
}

// What Go's sigpanic says. False when it says nothing: the signal was sent by somebody, or is not
// one of a faulting instruction in a goroutine.
bool WriteAsPanic(ErrorWriter& out, int number, const siginfo_t* info, const Site& site) {
  if (!FromKernel(info) || site.g == nullptr) return false;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  if (number == SIGFPE) {
    out << "panic: runtime error: " << ArithmeticWords(info->si_code) << "\n";
  } else if (number == SIGSEGV && address < kNilPage && info->si_code != SI_KERNEL) {
    out << "panic: runtime error: invalid memory address or nil pointer dereference\n";
  } else if (number == SIGSEGV || number == SIGBUS) {
    out << "unexpected fault address ";
    out.Hex(address) << "\nfatal error: fault\n";
  } else {
    return false;
  }
  out << "[signal " << FaultOf(number).words << " code=";
  out.Hex(static_cast<uint64_t>(info->si_code)) << " addr=";
  out.Hex(address) << " pc=";
  out.Hex(site.pc) << "]\n";
  return true;
}

void WriteCause(ErrorWriter& out, int number, const siginfo_t* info, const Site& site) {
  if (site.overflown != nullptr && site.overflown == site.g) {
    char text[192];
    stack::DescribeOverflow(site.g, text, sizeof(text));
    out << text << "\nfatal error: stack overflow\n";
  } else if (!WriteAsPanic(out, number, info, site)) {
    out << FaultOf(number).words << "\n";
    WriteSignalPlace(out, site.pc, site.m == nullptr ? -1 : site.m->id, info->si_code);
    if (site.m == nullptr) out << "signal arrived on a thread that runs no goroutines\n";
  }
}

void Report(int number, const siginfo_t* info, const Site& site) {
  {
    ErrorWriter out;
    WriteCause(out, number, info, site);
    if (!Level().stacks) return;
    out.Flush();  // a walk that fails must not cost us the cause
    uint64_t pcs[kMaxFrames];
    const int count = WalkInterrupted(site.registers, site.hi, pcs, kMaxFrames);
    WriteRunning(out, site.g, pcs, static_cast<size_t>(count));
  }
  if (Level().others) PrintOthers(site.g == nullptr ? 0 : site.g->id);
}

bool IsHandler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0
             ? action.sa_sigaction != nullptr
             : action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

void CallPrevious(const struct sigaction& previous, int number, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(number, info, context);
  } else {
    previous.sa_handler(number);
  }
}

// The signal's default action: at once if it was sent, else when the instruction is executed again
// after the return, so that a core shows the fault itself.
void LeaveToTheKernel(int number, const siginfo_t* info) {
  if (!FromKernel(info)) DieBySignal(number);
  signal(number, SIG_DFL);
}

void OnFault(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const Fault& fault = FaultOf(number);
  const bool chained = IsHandler(fault.previous);
  // A handler that lets the program go on after a fault is not to be drowned in reports.
  static std::atomic<bool> reported{false};
  if (chained && reported.exchange(true)) {
    CallPrevious(fault.previous, number, info, context);
    errno = saved_errno;
    return;
  }
  BeginReport();
  const Site site = Locate(number, info, static_cast<const ucontext_t*>(context));
  Report(number, info, site);
  if (chained) {
    YieldReport();
    CallPrevious(fault.previous, number, info, context);
  } else if (site.m == nullptr || Level().crash) {
    LeaveToTheKernel(number, info);
  } else {
    EndProcess();
  }
  errno = saved_errno;
}

}  // namespace

void InstallFaultHandlers() {
  for (Fault& fault : g_faults) {
    struct sigaction action = {};
    action.sa_sigaction = &OnFault;
    // Not deferred: a fault within the report comes back here, and is told.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(fault.number, &action, &fault.previous);
  }
}

}  // namespace muster::record
