// Dumps in Go's words for tests of the tools.
#ifndef TESTS_TOOLS_DUMPS_H_
#define TESTS_TOOLS_DUMPS_H_

namespace muster::testing {

// Nothing wrong: one runs, one waits for the network.
inline constexpr char kHealthyDump[] =
    "goroutine 1 [running]:\n"
    "main.main()\n"
    "\t/src/app/main.go:12 +0x1c\n"
    "\n"
    "goroutine 7 [IO wait]:\n"
    "main.serve()\n"
    "\t/src/app/serve.go:30 +0x2a\n"
    "created by main.main in goroutine 1\n"
    "\t/src/app/main.go:10 +0x44\n";

// Goroutine 9 can never run again: nothing can be received from a nil channel.
inline constexpr char kStuckDump[] =
    "goroutine 1 [running]:\n"
    "main.main()\n"
    "\t/src/app/main.go:12 +0x1c\n"
    "\n"
    "goroutine 9 [chan receive (nil chan)]:\n"
    "main.listen()\n"
    "\t/src/app/listen.go:21 +0x2a\n"
    "created by main.main in goroutine 1\n"
    "\t/src/app/main.go:11 +0x44\n";

// Two goroutines carry the label of a test that is over, in the form of Go 1.27.
inline constexpr char kLabelledDump[] =
    "goroutine 1 [running]:\n"
    "main.main()\n"
    "\t/src/app/main.go:12 +0x1c\n"
    "\n"
    "goroutine 5 [chan receive] {test: Cache.Evicts}:\n"
    "main.evict()\n"
    "\t/src/app/cache.go:21 +0x2a\n"
    "created by main.main in goroutine 1\n"
    "\t/src/app/main.go:11 +0x44\n"
    "\n"
    "goroutine 6 [chan receive] {test: Cache.Fills}:\n"
    "main.fill()\n"
    "\t/src/app/cache.go:41 +0x2a\n"
    "created by main.main in goroutine 1\n"
    "\t/src/app/main.go:11 +0x44\n";

}  // namespace muster::testing

#endif  // TESTS_TOOLS_DUMPS_H_
