// Traceback: goroutines as text, in the form of Go's panics, for reports of a dying process.
#ifndef MUSTER_RECORD_TRACEBACK_H_
#define MUSTER_RECORD_TRACEBACK_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "muster/record.h"

namespace muster::record {

// Writes to standard error through a small buffer of its own; allocates nothing.
class ErrorWriter {
 public:
  ErrorWriter() = default;
  ~ErrorWriter() { Flush(); }
  ErrorWriter(const ErrorWriter&) = delete;
  ErrorWriter& operator=(const ErrorWriter&) = delete;
  ErrorWriter& operator<<(std::string_view text);
  ErrorWriter& operator<<(uint64_t number);
  ErrorWriter& Hex(uint64_t number);
  void Flush();

 private:
  char buffer_[1024];
  size_t used_ = 0;
};

struct TracebackOptions {
  bool signal_safe = false;  // no files and lines
  bool all_frames = false;   // also the runtime's own
};

// The frames, each "function(...)\n\tfile:line +0xoffset\n". Leading frames of the runtime are left
// out unless nothing else is there.
void WriteFrames(ErrorWriter& out, const uint64_t* pcs, size_t count, const TracebackOptions& = {});

// "created by F in goroutine P\n\tfile:line\n", and the rest of the creation stack, if it goes
// further, in the form of Go's tracebackancestors.
void WriteCreation(ErrorWriter& out, const uint64_t* pcs, size_t count, uint64_t parent_id,
                   const TracebackOptions& = {});

// A goroutine as Go prints it, header and all.
void WriteGoroutine(ErrorWriter& out, const Goroutine& goroutine, int64_t now_ns);

// "function at file:line" of one return address, for sentences.
void WritePlace(ErrorWriter& out, uint64_t pc);

}  // namespace muster::record

#endif  // MUSTER_RECORD_TRACEBACK_H_
