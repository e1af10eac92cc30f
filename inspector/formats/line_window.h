// LineWindow: the lines of a text with a short look ahead, for readers that join wrapped lines.
#ifndef MUSTER_INSPECTOR_FORMATS_LINE_WINDOW_H_
#define MUSTER_INSPECTOR_FORMATS_LINE_WINDOW_H_

#include <cstddef>
#include <deque>
#include <string_view>

#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {

class LineWindow {
 public:
  explicit LineWindow(std::string_view text) : cursor_(text) {}

  // The line `ahead` lines on; an empty one behind the end.
  std::string_view Peek(size_t ahead = 0) {
    while (lines_.size() <= ahead && !cursor_.done()) {
      const std::string_view line = cursor_.Next();
      lines_.push_back({line, cursor_.terminated()});
    }
    return ahead < lines_.size() ? lines_[ahead].text : std::string_view();
  }

  bool done() { return lines_.empty() && cursor_.done(); }

  std::string_view Take() {
    const std::string_view line = Peek();
    if (lines_.empty()) return line;
    terminated_ = lines_.front().terminated;
    lines_.pop_front();
    ++number_;
    return line;
  }

  size_t number() const { return number_; }        // of the line taken last, from 1
  bool terminated() const { return terminated_; }  // whether that line had an end

 private:
  struct Line {
    std::string_view text;
    bool terminated;
  };
  LineCursor cursor_;
  std::deque<Line> lines_;
  size_t number_ = 0;
  bool terminated_ = true;
};

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_LINE_WINDOW_H_
