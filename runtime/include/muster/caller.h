// Who called whom: the calling goroutine's stack, as addresses, names and text. Go's runtime.Caller
// and its like.
//
// Function names come from the program's symbol table, so link it with -rdynamic or not stripped.
// Files and lines come from debug information, which muster::inspector reads: without it, or before
// its reader has started, File is empty and Line 0. The first name takes as long as reading that
// information does (a second for a large program), later ones some microseconds.
//
// Unlike in Go, a call that the compiler has inlined is no frame of its own: the frame that it was
// inlined into has the name of the innermost function, and counts as one where frames are skipped.
//
// No more than the innermost 64 frames of a stack are seen, those that are skipped among them.
//
// Everything here is thread-safe and may be called on foreign threads too, and none of it in signal
// handlers. It blocks the calling OS thread while names are looked up.
#ifndef MUSTER_CALLER_H_
#define MUSTER_CALLER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace muster::runtime {

// Callers stores the return addresses of the calling stack, innermost first, and returns how many.
// `skip` 0 begins with Callers itself, 1 with its caller. Looks up no name and allocates nothing.
int Callers(int skip, std::span<uintptr_t> pcs);

// One function that is under way.
struct Frame {
  uintptr_t pc = 0;      // where it goes on when what it has called returns
  std::string function;  // "0x1234" when the program has no name for it
  std::string file;      // "" when not known
  int line = 0;          // 0 when not known
};

// Frames gives names to what Callers has stored.
class Frames {
 public:
  explicit Frames(std::span<const uintptr_t> pcs) : pcs_(pcs.begin(), pcs.end()) {}
  // The next frame, and whether there are more behind it. An empty frame at the end.
  std::pair<Frame, bool> Next();

 private:
  std::vector<uintptr_t> pcs_;
  size_t next_ = 0;
};
inline Frames CallersFrames(std::span<const uintptr_t> pcs) { return Frames(pcs); }

// Where a call was made. For structured bindings: `auto [pc, file, line, ok] = Caller(0)`.
struct CallSite {
  uintptr_t pc = 0;
  std::string file;
  int line = 0;
  bool ok = false;  // there is such a frame; its file may be unknown all the same
};

// Caller says where the calling function is: with `skip` 0 the line that calls Caller, with 1 the
// line that called the function which does, and so on.
CallSite Caller(int skip);

// Stack is the calling goroutine as a panic would print it: "goroutine 7 [running]:", its frames,
// and who created it. With `all`, then all others, which are looked at without being stopped; those
// of foreign threads are left out.
std::string Stack(bool all = false);
// Stack writes that into `buf`, as much as fits, and returns how much that is.
size_t Stack(std::span<char> buf, bool all);

}  // namespace muster::runtime

#endif  // MUSTER_CALLER_H_
