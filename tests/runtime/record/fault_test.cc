// Faults name the goroutine that they happen in. A sanitizer has handlers of its own for them, so
// these tests are not built there.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "tests/runtime/death.h"

// Not in namespace muster, whose frames reports leave out.
namespace {

volatile int* volatile g_null = nullptr;

__attribute__((noinline)) void StoreThroughNull() {
  *g_null = 1;
  asm volatile("");
}

__attribute__((noinline)) int Divide(volatile int* a, volatile int* b) { return *a / *b; }

__attribute__((noinline)) void TouchesAHole() {
  void* hole = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile int*>(hole) = 1;
  asm volatile("");
}

void (*volatile g_no_function)() = nullptr;

__attribute__((noinline)) void CallsNull() {
  g_no_function();
  asm volatile("");
}

const char* volatile g_no_text = nullptr;
volatile size_t g_length;

// In a function of libc, which keeps no frame pointers.
__attribute__((noinline)) void MeasuresNull() {
  g_length = strlen(g_no_text);
  asm volatile("");
}

__attribute__((noinline)) void Traps() { __builtin_trap(); }

__attribute__((noinline)) void Aborts() { abort(); }

__attribute__((noinline)) int Recurse(int n) {
  volatile char frame[512];
  if (n < 0) return 0;  // never: the stack ends first
  frame[0] = static_cast<char>(n);
  return Recurse(n + 1) + frame[0];
}

}  // namespace

namespace muster {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

class FaultDeath : public testing::Death {
 protected:
  // Calls `fault` in goroutine 2 or later, while goroutine 1 and others run.
  static void In(void (*fault)()) {
    muster::Run([fault] {
      for (int i = 0; i < 4; ++i) {
        Go([] {
          for (;;) runtime::Gosched();
        });
      }
      Go([fault] {
        for (int i = 0; i < 10; ++i) runtime::Gosched();
        fault();
      });
      for (;;) runtime::Gosched();
    });
  }
};

TEST_F(FaultDeath, NilPointerNamesTheGoroutineAndItsCreator) {
  EXPECT_EXIT(In(&StoreThroughNull), ExitedWithCode(2),
              "^panic: runtime error: invalid memory address or nil pointer dereference\n"
              "\\[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x[0-9a-f]+\\]\n\n"
              "goroutine [0-9]+ \\[running\\]:\n.*StoreThroughNull(.|\n)*"
              "created by (.|\n)*in goroutine 1\n");
}

TEST_F(FaultDeath, InALibraryFunctionShowsItsCaller) {
  EXPECT_EXIT(
      In(&MeasuresNull), ExitedWithCode(2),
      "SIGSEGV(.|\n)*goroutine [0-9]+ \\[running\\]:\n(.|\n)*MeasuresNull(.|\n)*created by");
}

TEST_F(FaultDeath, CallOfANullFunctionShowsItsCaller) {
  EXPECT_EXIT(In(&CallsNull), ExitedWithCode(2),
              "SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x0\\]\n\n"
              "goroutine [0-9]+ \\[running\\]:\n.*CallsNull(.|\n)*created by");
}

TEST_F(FaultDeath, AddressThatIsJustWrongIsAFault) {
  EXPECT_EXIT(In(&TouchesAHole), ExitedWithCode(2),
              "^unexpected fault address 0x[0-9a-f]+\nfatal error: fault\n"
              "\\[signal SIGSEGV: segmentation violation code=0x2 addr=0x[0-9a-f]+ pc=0x[0-9a-f]+"
              "\\]\n\ngoroutine [0-9]+ \\[running\\]:\n.*TouchesAHole");
}

TEST_F(FaultDeath, DivisionByZero) {
  EXPECT_EXIT(In([] {
                volatile int one = 1;
                volatile int zero = 0;
                std::fprintf(stderr, "%d\n", Divide(&one, &zero));
              }),
              ExitedWithCode(2),
              "panic: runtime error: integer divide by zero\n"
              "\\[signal SIGFPE: floating-point exception code=0x1 addr=0x[0-9a-f]+ "
              "pc=0x[0-9a-f]+\\]\n\ngoroutine [0-9]+ \\[running\\]:\n.*Divide");
}

TEST_F(FaultDeath, IllegalInstruction) {
  EXPECT_EXIT(In(&Traps), ExitedWithCode(2),
              "^SIGILL: illegal instruction\nPC=0x[0-9a-f]+ m=[0-9]+ sigcode=2\n\n"
              "goroutine [0-9]+ \\[running\\]:\n.*Traps");
}

TEST_F(FaultDeath, Abort) {
  EXPECT_EXIT(In(&Aborts), ExitedWithCode(2),
              "^SIGABRT: abort\nPC=0x[0-9a-f]+ m=[0-9]+ sigcode=-6\n\n"
              "goroutine [0-9]+ \\[running\\]:\n(.|\n)*Aborts(.|\n)*created by");
}

TEST_F(FaultDeath, StackOverflowNamesTheGoroutineItsLimitAndItsCreator) {
  EXPECT_EXIT(In([] { Recurse(0); }), ExitedWithCode(2),
              "^runtime: goroutine stack exceeds 262144-byte limit\nruntime: stack=\\[(.|\n)*"
              "fatal error: stack overflow\n\ngoroutine [0-9]+ \\[running\\]:\n.*Recurse(.|\n)*"
              "additional frames elided...\ncreated by(.|\n)*in goroutine 1\n");
}

TEST_F(FaultDeath, OfAForeignThreadIsReportedAndLeftToItsSignal) {
  EXPECT_EXIT(
      {
        muster::Run([] {});
        std::thread(&StoreThroughNull).join();
      },
      KilledBySignal(SIGSEGV),
      "^SIGSEGV: segmentation violation\nPC=0x[0-9a-f]+ m=-1 sigcode=1\n"
      "signal arrived on a thread that runs no goroutines\n\n"
      "thread [0-9]+ \\[running\\]:\n.*StoreThroughNull");
}

TEST_F(FaultDeath, SentByAnotherProcessIsNotTakenForThatOfAnInstruction) {
  EXPECT_EXIT(
      muster::Run([] {
        kill(getpid(), SIGSEGV);
        for (;;) runtime::Gosched();
      }),
      [](int status) { return status != 0; },
      "SIGSEGV: segmentation violation\nPC=0x[0-9a-f]+ m=-?[0-9]+ sigcode=0\n");
}

TEST_F(FaultDeath, OfManyGoroutinesAtOnceIsReportedOnce) {
  EXPECT_EXIT(muster::Run([] {
                for (int i = 0; i < 64; ++i) Go(&StoreThroughNull);
                for (;;) runtime::Gosched();
              }),
              ExitedWithCode(2),
              "^panic: runtime error: ([^:]|:[^ ])*\\[signal SIGSEGV: "
              "([^:]|:[^ ])*$");
}

TEST_F(FaultDeath, AllShowsTheOthersToo) {
  setenv("MUSTER_TRACEBACK", "all", 1);
  EXPECT_EXIT(muster::Run([] {
                auto never = MakeChan<int>();
                Go([never] { never.Recv(); });
                runtime::Gosched();
                StoreThroughNull();
              }),
              ExitedWithCode(2),
              "goroutine 1 \\[running\\]:\n.*StoreThroughNull(.|\n)*"
              "\n\ngoroutine [0-9]+ \\[(chan receive|runnable)\\]:\n");
  unsetenv("MUSTER_TRACEBACK");
}

TEST_F(FaultDeath, NoneShowsTheCauseOnly) {
  setenv("MUSTER_TRACEBACK", "none", 1);
  EXPECT_EXIT(In(&StoreThroughNull), ExitedWithCode(2), "^panic: .*\n\\[signal .*\\]\n$");
  unsetenv("MUSTER_TRACEBACK");
}

TEST_F(FaultDeath, CrashLeavesTheFaultToTheKernel) {
  setenv("MUSTER_TRACEBACK", "crash", 1);
  EXPECT_EXIT(muster::Run(&StoreThroughNull), KilledBySignal(SIGSEGV), "goroutine 1 \\[running\\]");
  EXPECT_EXIT(muster::Run(&Aborts), KilledBySignal(SIGABRT), "goroutine 1 \\[running\\]");
  unsetenv("MUSTER_TRACEBACK");
}

// A crash reporter: it ends the process in its own way.
TEST_F(FaultDeath, HandlerThatWasThereIsCalledBehindTheReport) {
  EXPECT_EXIT(
      {
        signal(SIGSEGV, [](int) {
          constexpr char kText[] = "the crash reporter was here\n";
          [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, kText, sizeof(kText) - 1);
          _exit(77);
        });
        muster::Run(&StoreThroughNull);
      },
      ExitedWithCode(77),
      "goroutine 1 \\[running\\]:\n.*StoreThroughNull(.|\n)*the crash reporter was here\n");
}

// A handler that mends what was wrong, as garbage collectors and the like do.
void* g_page = nullptr;

TEST_F(FaultDeath, HandlerThatMendsTheFaultLetsTheProgramGoOn) {
  EXPECT_EXIT(
      {
        struct sigaction mend = {};
        mend.sa_flags = SA_SIGINFO;
        mend.sa_sigaction = [](int, siginfo_t*, void*) {
          mprotect(g_page, 4096, PROT_READ | PROT_WRITE);
        };
        sigaction(SIGSEGV, &mend, nullptr);
        g_page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        muster::Run([] {
          for (int i = 0; i < 3; ++i) {
            *static_cast<volatile int*>(g_page) = 1;
            mprotect(g_page, 4096, PROT_NONE);
          }
        });
        std::fprintf(stderr, "mended\n");
        muster::Run([] { throw 1; });  // and what comes later is reported as ever
      },
      ExitedWithCode(2), "mended\npanic: int\\(1\\)\n");
}

TEST_F(FaultDeath, WithinTheReportEndsIt) {
  EXPECT_EXIT(
      {
        record::SetSymbolizer([](uint64_t, char*, uint64_t) -> bool {
          *g_null = 1;
          return false;
        });
        muster::Run(&StoreThroughNull);
      },
      ExitedWithCode(2), "^panic: (.|\n)*this report could not be completed\n$");
}

}  // namespace
}  // namespace muster
