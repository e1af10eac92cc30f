// Layout: the pieces that the grouped view and the findings are printed with, for a terminal of 100
// columns. Not thread-safe; refers to the snapshot and the stream, which must outlive it.
#ifndef MUSTER_INSPECTOR_REPORT_LAYOUT_H_
#define MUSTER_INSPECTOR_REPORT_LAYOUT_H_

#include <ostream>
#include <string>
#include <unordered_map>
#include <vector>

#include "inspector/analysis/words.h"
#include "muster/inspector/report.h"

namespace muster::inspector::report {

inline constexpr size_t kColumns = 100;
// From here on reports tell how long a goroutine has been running: a time slice is over by then.
inline constexpr int64_t kLongRun = 10'000'000;

enum class Style { kPlain, kBold, kDim, kRed, kYellow, kCyan };

class Layout {
 public:
  Layout(const Snapshot& snapshot, std::ostream& out, const ReportOptions& options);

  const analysis::Words& words() const { return words_; }
  std::ostream& out() { return out_; }

  // `text` between the escape codes of `style`, or bare when colour is off.
  std::string In(Style style, const std::string& text) const;
  // Prints `text` broken at spaces, each line after `indent` spaces; the first one after `first`.
  void Wrap(const std::string& text, size_t indent, const std::string& first = "");
  // One line for each frame, the runtime's own folded unless asked for; never nothing.
  void Frames(StackId stack, size_t indent);
  // "labels: {"k":"v"}", quoted as Go does.
  void LabelLine(const Labels& labels, size_t indent);
  // "created by main::{lambda#1} at app.cc:12 in goroutine 1"; `parent` 0: not known, or several.
  void CreatedBy(StackId creation_stack, uint64_t parent, size_t indent);
  // nullptr when it is not in the snapshot.
  const Goroutine* Find(uint64_t id) const;
  // What could not be seen, and where the input ended.
  // `seen` is the number of goroutines that were shown or looked at.
  void Notes(uint64_t seen);

 private:
  bool IsFolded(FrameId id) const;

  const Snapshot& snapshot_;
  std::ostream& out_;
  const ReportOptions& options_;
  analysis::Words words_;
  std::unordered_map<uint64_t, const Goroutine*> by_id_;
};

// "pid 123", or the name of a file: what the totals are of.
std::string SourceName(const Snapshot& snapshot);
// "12 of 12 goroutines".
std::string NofM(const Snapshot& snapshot);

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_LAYOUT_H_
