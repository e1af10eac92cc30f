// Filter: which goroutines of a snapshot somebody wants to see. The same conditions serve every
// view, live or saved. No I/O; copyable; thread-safe as long as nobody adds a condition.
//
// A condition is KEY=TEXT, or KEY>DURATION and KEY<DURATION for the two that are lengths of time:
//
//   state=TEXT      what it does: the wait reason begins with TEXT ("chan", "select"), or its state
//                   is TEXT ("waiting", "running")
//   label=KEY       it carries that label; label=KEY=VALUE: with that value
//   function=TEXT   a function on its stack contains TEXT
//   file=TEXT       a file on its stack contains TEXT
//   creator=TEXT    a function on its creation stack contains TEXT, or, of a number, the goroutine
//                   with that id created it
//   object=ADDRESS  it waits on or holds what is at that address, hexadecimal with or without 0x
//   id=NUMBER       its id
//   age>DURATION    it was started longer ago than that (Go's dumps do not say)
//   wait>DURATION   it has waited for longer than that
//
// Durations are Go's: 90s, 5m, 1h30m. Conditions of one key are alternatives, those of different
// keys must all be met. What a dump does not tell meets no condition.
#ifndef MUSTER_INSPECTOR_FILTER_H_
#define MUSTER_INSPECTOR_FILTER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

class Filter {
 public:
  enum class Key { kState, kLabel, kFunction, kFile, kCreator, kObject, kId, kAge, kWait };
  enum class Relation { kIs, kMore, kLess };
  struct Condition {
    Key key = Key::kState;
    Relation relation = Relation::kIs;
    std::string text;     // as given, behind the sign
    uint64_t number = 0;  // of kObject, kId and a kCreator that is a number; else 0
    int64_t ns = 0;       // of kAge and kWait
  };

  // With keeps what meets `condition`, Without leaves out what does. InvalidArgument says what is
  // wrong and which conditions there are.
  absl::Status With(std::string_view condition);
  absl::Status Without(std::string_view condition);

  bool empty() const { return with_.empty() && without_.empty(); }
  const std::vector<Condition>& with() const { return with_; }
  const std::vector<Condition>& without() const { return without_; }

 private:
  std::vector<Condition> with_;
  std::vector<Condition> without_;
};

// FilterOn asks a filter about the goroutines of one snapshot; it remembers what it found of each
// stack. Refers to both, which must outlive it and not change. Not thread-safe.
class FilterOn {
 public:
  FilterOn(const Filter& filter, const Snapshot& snapshot) : filter_(filter), snapshot_(snapshot) {}

  bool Keeps(const Goroutine& goroutine) const;

 private:
  bool Meets(const Filter::Condition& condition, const Goroutine& goroutine) const;
  bool OnStack(const Filter::Condition& condition, StackId stack) const;
  uint64_t OwnerOf(uint64_t object) const;

  const Filter& filter_;
  const Snapshot& snapshot_;
  // What was found of a stack, by condition.
  mutable std::unordered_map<const Filter::Condition*, std::vector<int8_t>> known_;
  mutable std::unordered_map<uint64_t, uint64_t> owners_;  // by object
};

// ApplyFilter takes out the goroutines that `filter` does not keep. All else stays, `live` too, so
// that reports say how many of how many are shown.
void ApplyFilter(const Filter& filter, Snapshot* snapshot);

// KeepFindings takes out the findings that concern no goroutine which `filter` keeps, as far as
// they name any. Findings are made of whole snapshots, since what is left out would look as if it
// did not exist.
void KeepFindings(const Filter& filter, const Snapshot& snapshot, std::vector<Finding>* findings);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_FILTER_H_
