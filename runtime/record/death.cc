#include "runtime/record/death.h"

#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "runtime/record/traceback.h"
#include "runtime/record/traceback_level.h"

namespace muster::record {
namespace {

// The id of the thread that reports; 0: nobody does.
std::atomic<int32_t> g_reporter{0};

}  // namespace

bool TryBeginReport() {
  const int32_t self = CallingThread();
  int32_t reporter = 0;
  if (g_reporter.compare_exchange_strong(reporter, self)) return true;
  if (reporter == self) {
    ErrorWriter() << "\nmuster: this report could not be completed\n";
    EndProcess();
  }
  return false;
}

void BeginReport() {
  if (TryBeginReport()) return;
  for (;;) pause();
}

void YieldReport() { g_reporter.store(0); }

int32_t CallingThread() { return static_cast<int32_t>(syscall(SYS_gettid)); }

void FlushStandardOutput() {
  if (ftrylockfile(stdout) != 0) return;
  fflush_unlocked(stdout);
  funlockfile(stdout);
}

void EndProcess() {
  if (Level().crash) DieBySignal(SIGABRT);
  _exit(2);
}

void DieBySignal(int number) {
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(number);
  _exit(2);
}

}  // namespace muster::record
