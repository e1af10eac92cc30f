// Traceback: goroutines as text, in the form of Go's panics, for reports of a dying process.
#ifndef MUSTER_RECORD_TRACEBACK_H_
#define MUSTER_RECORD_TRACEBACK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "muster/record.h"
#include "runtime/record/frame_name.h"

namespace muster::sched {
struct G;
}

namespace muster::record {

// Writes to standard error, through a small buffer of its own; allocates nothing. Or to a string.
class ErrorWriter {
 public:
  ErrorWriter() = default;
  explicit ErrorWriter(std::string* into) : into_(into) {}
  ~ErrorWriter() { Flush(); }
  ErrorWriter(const ErrorWriter&) = delete;
  ErrorWriter& operator=(const ErrorWriter&) = delete;
  ErrorWriter& operator<<(std::string_view text);
  ErrorWriter& operator<<(uint64_t number);
  ErrorWriter& Hex(uint64_t number);
  void Flush();

 private:
  std::string* into_ = nullptr;
  char buffer_[1024];
  size_t used_ = 0;
};

// What follows is async-signal-safe, but for WriteCurrent and Modules::kOrdinary, as far as the
// symboliser is.

// The frames, each "function(...)\n\tfile:line\n". Frames of the runtime are left out, unless
// nothing else is there or MUSTER_TRACEBACK wants them.
void WriteFrames(ErrorWriter& out, const uint64_t* pcs, size_t count,
                 Modules modules = Modules::kForSignals);

// "created by F in goroutine P\n\tfile:line\n", and the rest of the creation stack, if it goes
// further, in the form of Go's tracebackancestors.
void WriteCreation(ErrorWriter& out, const uint64_t* pcs, size_t count, uint64_t parent_id);

// A goroutine as Go prints it, header and all.
void WriteGoroutine(ErrorWriter& out, const Goroutine& goroutine, int64_t now_ns);

// Goroutine `g`, which runs on the calling thread with this stack; null: the thread itself.
void WriteGoroutineRunning(ErrorWriter& out, const sched::G* g, const uint64_t* pcs, size_t count);

// The same after an empty line; nothing at all when MUSTER_TRACEBACK wants no stacks.
void WriteRunning(ErrorWriter& out, const sched::G* g, const uint64_t* pcs, size_t count);

// The same with the calling stack.
void WriteCurrent(ErrorWriter& out);

// "PC=0x1234 m=0 sigcode=0\n": where a signal has interrupted M number `m` (-1: not one of ours).
void WriteSignalPlace(ErrorWriter& out, uintptr_t pc, int64_t m, int code);

// "function at file:line" of one return address, for sentences.
void WritePlace(ErrorWriter& out, uint64_t pc);

}  // namespace muster::record

#endif  // MUSTER_RECORD_TRACEBACK_H_
