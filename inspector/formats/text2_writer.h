// Text2Writer: Go's debug=2 text, one goroutine at a time.
//
// The header is that of Go 1.21 to 1.26, without labels, which every reader of such text knows.
// With all frames, the whole creation stack follows in the form that Go prints it under
// GODEBUG=tracebackancestors. Foreign threads are no goroutines and have no place here.
#ifndef MUSTER_INSPECTOR_FORMATS_TEXT2_WRITER_H_
#define MUSTER_INSPECTOR_FORMATS_TEXT2_WRITER_H_

#include <string>
#include <string_view>
#include <vector>

#include "inspector/formats/visible.h"
#include "muster/inspector/model.h"

namespace muster::inspector::formats {

class Text2Writer {
 public:
  // Frames and stacks are looked up in `tables`, which may grow between two calls. Each distinct
  // stack is put into words once and kept, as long as there are not too many.
  Text2Writer(const Snapshot& tables, bool all_frames)
      : tables_(tables), folding_(tables, all_frames), ancestors_(all_frames) {}

  // Appends what stands before the goroutines, one of them, and what stands behind them.
  void AppendPreamble(std::string* out) const;
  void Append(const Goroutine& goroutine, std::string* out);
  void AppendNotes(const std::vector<std::string>& notes, std::string* out) const;

 private:
  // "created by NAME" and "\n\tPLACE\n"; Go puts the creator's id in between. Both empty when
  // nothing is known of the creation.
  struct Creation {
    bool made = false;
    std::string name;
    std::string place;
  };

  static constexpr size_t kMaxKept = size_t{16} << 20;  // bytes of text

  // The frames of a stack without arguments, kept; those of a goroutine with its own.
  const std::string& Frames(StackId stack);
  void AppendFrames(StackId stack, std::string_view arguments, std::string* out) const;
  const Creation& CreationOf(StackId stack);
  void AppendCreation(const Goroutine& goroutine, std::string* out);
  void AppendFrame(const Frame& frame, std::string_view arguments, std::string* out) const;

  const Snapshot& tables_;
  const Folding folding_;
  const bool ancestors_;
  bool first_ = true;
  std::vector<std::string> frames_;  // by StackId; "" not made yet, or without any frame
  size_t kept_ = 0;                  // bytes in frames_
  std::vector<Creation> creations_;  // by StackId
};

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_TEXT2_WRITER_H_
