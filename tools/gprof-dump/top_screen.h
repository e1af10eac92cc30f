// TopScreen: what `top` shows and how keys change it, apart from terminals and targets.
#ifndef TOOLS_GPROF_DUMP_TOP_SCREEN_H_
#define TOOLS_GPROF_DUMP_TOP_SCREEN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "muster/inspector/groups.h"

namespace muster::gprof_dump {

enum class Key { kNone, kUp, kDown, kPageUp, kPageDown, kHome, kEnd, kEnter, kEscape, kText };
struct KeyPress {
  Key key = Key::kNone;
  char text = 0;  // of kText
};

// TakeKey takes one key off the front of what a terminal has sent; kNone for what stands for none.
KeyPress TakeKey(std::string* input);

// Not thread-safe.
class TopScreen {
 public:
  // What a key asks of the caller.
  enum class Wish { kNothing, kQuit, kRefresh, kFaster, kSlower, kPause, kEarlier, kLater };

  struct Size {
    size_t rows = 24;
    size_t columns = 80;
  };

  // Shows `dump` from now on. The group that was selected stays so if it is still there.
  void Update(inspector::GroupedDump dump);
  // What the first line says besides: "every 2s", "snapshot 3 of 30", "paused", an error.
  void SetNote(std::string note) { note_ = std::move(note); }

  Wish Press(const KeyPress& key);

  // The lines to show, none longer than the screen is wide; escape codes are extra.
  std::vector<std::string> Draw(const Size& size, bool color) const;

 private:
  enum class Order { kCount, kChange, kWait };
  struct Row {
    std::string key;  // the group's in other dumps
    int64_t change = 0;
    const inspector::Group* group = nullptr;
  };

  void Sort();
  void Select(size_t row);
  std::vector<std::string> Details(const Row& row) const;
  std::vector<std::string> Help() const;

  inspector::GroupedDump dump_;
  std::optional<std::map<std::string, uint64_t>> base_;  // what changes are counted from
  std::map<std::string, uint64_t> counts_;
  std::vector<Row> rows_;
  std::string selected_;  // key
  size_t at_ = 0;         // its row
  Order order_ = Order::kCount;
  bool open_ = false;  // the selected group's stack is shown
  bool help_ = false;
  std::string note_;
};

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_TOP_SCREEN_H_
