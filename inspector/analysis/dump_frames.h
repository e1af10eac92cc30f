// What a Go dump's frames tell about objects: it names no lock and no owner, but prints each
// method's receiver as the first word between the parentheses.
#ifndef MUSTER_INSPECTOR_ANALYSIS_DUMP_FRAMES_H_
#define MUSTER_INSPECTOR_ANALYSIS_DUMP_FRAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspector/analysis/detectors.h"
#include "muster/inspector/model.h"

namespace muster::inspector::analysis {

inline constexpr int64_t kMinute = 60'000'000'000;
// The largest object whose lock is looked for inside it.
inline constexpr uint64_t kObjectSize = 4096;

// A frame, and the arguments that one goroutine's dump shows of it.
struct Call {
  const Frame* frame = nullptr;
  std::string_view arguments;
};

// The calls of a goroutine's stack, leaf first. They refer to the snapshot.
std::vector<Call> Calls(const Case& c, Index index);
// Those that are the program's own or a library's, as ProgramFrames.
std::vector<Call> ProgramCalls(const Case& c, Index index);

// The first argument: the receiver of a method. nullopt when it is missing, nil, part of a group,
// or marked `?` (Go's sign for a value that may be stale).
std::optional<uint64_t> FirstArgument(const Call& call);

// Whether it stands between a wait for a lock and the program: package sync or the runtime.
bool IsLockFrame(const Frame& frame);

// "server.(*stream)" of "server.(*stream).ackMsg"; "" for a plain function.
std::string_view ReceiverType(std::string_view function);
// "(*stream).ackMsg" of "example.com/nats/server.(*stream).ackMsg".
std::string_view WithoutPackage(std::string_view function);

// Whether it waits for a Mutex or an RWMutex; also under the name `semacquire`, which old versions
// of Go print for every lock, when its frames tell so.
bool WaitsForLock(const Goroutine& goroutine);

// The wait of a goroutine of the dump has lasted long enough to be asked about: a minute, or all of
// a test's time limit when the dump was printed because that was over.
bool WaitsTooLong(const Case& c, Index index);
// Whether the dump was printed by a test that ran out of time.
bool IsTestTimeout(const Case& c);

// Whether the goroutine only runs tests for others, or prints the dump.
bool IsTestRunner(const Case& c, Index index);

// The functions of the stack that are the program's own or a library's, leaf first: neither Go's
// runtime nor what it puts between a wait and its caller.
std::vector<const Frame*> ProgramFrames(const Case& c, StackId stack);

// Whether its creator is known and is not in the dump. Goroutine 1 lives as long as the process, so
// that a dump without it is an excerpt and tells nothing of it.
bool CreatorIsGone(const Case& c, Index index);

// ", created at app.cc:12 by goroutine 1,": to be put into a sentence behind its subject; "" when
// nothing is known of it.
std::string CreatedAside(const Case& c, const std::vector<Index>& members);

// "server.(*stream).ackMsg at stream.go:3296".
std::string Where(const Frame& frame);

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_DUMP_FRAMES_H_
