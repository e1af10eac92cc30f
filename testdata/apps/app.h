// What the programs of this folder share: an ordinary run, or one that can be looked at.
//
// An ordinary run is muster::Run(body): the program ends with its main goroutine, or with Go's
// report and exit status 2 when everything is asleep.
//
// With --serve the process outlives its goroutines' work: once nothing of the program moves any
// more it prints "ready" and waits until its standard input is closed (or SIGTERM ends it).
// Whatever is left then was left behind. The program's goroutines carry the label app=NAME, so that
//   gprof-dump check --ended-label=app=NAME PID
// judges just them.
#ifndef TESTDATA_APPS_APP_H_
#define TESTDATA_APPS_APP_H_

namespace apps {

// How a body ends; --serve must know what to wait for.
enum class Ending {
  kReturns,  // it returns, though goroutines of its may be left
  kHangs,    // it is stuck for ever
  kHogs,     // it is stuck for ever in the kernel, and keeps its P
};

// Main is a program's main function. NAME is the last part of argv[0].
int Main(int argc, char** argv, void (*body)(), Ending ending = Ending::kReturns);

// Settle starts `body` in a goroutine and returns when nothing of it moves any more. Call it from
// the main thread; goroutines inherit the label app=`name`.
void Settle(const char* name, void (*body)(), Ending ending);

}  // namespace apps

#endif  // TESTDATA_APPS_APP_H_
