// Words: how findings and reports name goroutines, locks and places, so that all sentences agree.
// Refers to the snapshot, which must outlive it. Not thread-safe (it caches).
#ifndef MUSTER_INSPECTOR_ANALYSIS_WORDS_H_
#define MUSTER_INSPECTOR_ANALYSIS_WORDS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector::analysis {

class Words {
 public:
  explicit Words(const Snapshot& snapshot)
      : snapshot_(snapshot),
        is_go_profile_(snapshot.format == "text1"),
        is_user_(snapshot.frames.size(), kUnknown) {}

  // "goroutine 7", "thread 345" (its OS thread id); "a goroutine" when it has no id.
  std::string Name(const Goroutine& goroutine) const;
  // The same for an id that may not be in the snapshot.
  std::string Name(uint64_t id) const;
  // "goroutines 7, 8, 9 and 97 more": at most `shown` ids of `count` goroutines.
  std::string Names(const std::vector<uint64_t>& ids, uint64_t count, size_t shown = 5) const;
  // "sync.Mutex 0xc000", "chan 0xc0", "a nil channel".
  std::string Object(ObjectKind kind, uint64_t address) const;

  // Whether it is the program's own or a library's, and not a runtime's. An address of which a
  // dump tells nothing is neither.
  bool IsUserFrame(FrameId id) const;
  // The first frame of the stack that is the program's own; the first of all when there is none;
  // nullptr for an empty stack.
  const Frame* UserFrame(StackId stack) const;
  // Where that is: "bank.cc:41"; "" when not known.
  std::string Place(StackId stack) const;
  // " at bank.cc:41" or "": for the middle of a sentence.
  std::string At(StackId stack) const;
  // " (taken at bank.cc:41)" or "".
  std::string TakenAt(StackId stack) const;
  // ", made at app.cc:12 by goroutine 3", or as much of it as is on record.
  std::string Made(const Resource& resource) const;
  // "waits in chan receive at app.cc:14".
  std::string Waits(const Goroutine& goroutine) const;
  // ", created at app.cc:12 by goroutine 1" or as much of it as is known and the same for all of
  // these goroutines (indices into the snapshot's, at least one; all with one creation stack).
  std::string Created(const std::vector<uint32_t>& members) const;

 private:
  static constexpr int8_t kUnknown = -1;

  const Snapshot& snapshot_;
  const bool is_go_profile_;
  mutable std::vector<int8_t> is_user_;  // by FrameId: asked for often, told by name slowly
};

// A function's name as reports print it: C++ ones shortened, Go's left alone.
std::string DisplayName(const Frame& frame);
// "/src/app/bank.cc:41", or the file alone when a dump was cut before the line's number.
std::string PlaceOf(const Frame& frame);
// "bank.cc" of "/src/app/bank.cc".
std::string BaseName(const std::string& path);
// "1 goroutine", "3 goroutines".
std::string Count(uint64_t count, const char* noun);
// "a", "a and b", "a, b and c".
std::string Join(const std::vector<std::string>& parts);

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_WORDS_H_
