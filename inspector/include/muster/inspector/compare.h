// Compare: what there is more of in one dump than in another, and what grows over a row of them.
// Groups are the same when they have the same functions and lines on their stacks, the same status
// and the same creation stack; ids, arguments and addresses do not matter, so that dumps of two
// processes, or of two runs, can be compared too. Pure functions; not thread-safe.
#ifndef MUSTER_INSPECTOR_COMPARE_H_
#define MUSTER_INSPECTOR_COMPARE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "muster/inspector/groups.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

struct Comparison {
  struct Change {
    uint64_t before = 0;
    uint64_t after = 0;
    Group group;                         // as it is after, or was before if it is gone
    const Snapshot* snapshot = nullptr;  // has the group's stacks
    int64_t delta() const { return static_cast<int64_t>(after - before); }
  };
  // What changed, the largest growth first and the largest decrease last.
  std::vector<Change> changes;
  uint64_t total_before = 0;
  uint64_t total_after = 0;
  uint64_t same_groups = 0;  // that have as many goroutines as before
};

// CompareDumps refers to both dumps, which must outlive the result.
Comparison CompareDumps(const GroupedDump& before, const GroupedDump& after);

// What a row of counts does. No single threshold decides: a count grows when it rises consistently
// (Mann and Kendall's test, one-sided, at 1 % shared out among all the rows that were looked at),
// by at least three goroutines in all (Theil and Sen's slope: the median of the slopes between any
// two samples, which single outliers do not move), and still does in the second half of the row, so
// that a pool which fills up and stays is not taken for a leak.
enum class Trend { kTooFewSamples, kSteady, kGrowing, kSettled, kShrinking };
const char* ToString(
    Trend trend);  // "too few samples", "steady", "growing", "settled", "shrinking"

struct Sample {
  int64_t at_ns = 0;  // any origin; ascending
  uint64_t count = 0;
};

struct Growth {
  Trend trend = Trend::kTooFewSamples;
  double per_second = 0;  // the median slope
  double chance = 1;      // how likely a row without a trend rises as consistently
  uint64_t first = 0, last = 0, least = 0, most = 0;
};

inline constexpr size_t kFewestSamples = 6;

// JudgeGrowth judges one of `rows` rows. Linear in long rows: from 256 samples on they are thinned
// to the medians of neighbours.
Growth JudgeGrowth(std::span<const Sample> samples, size_t rows = 1);

// Series gathers dumps of one program over time, in memory for the groups and their counts.
class Series {
 public:
  struct Row {
    Group group;                  // as it was last seen; its stacks are in snapshot()
    std::vector<Sample> samples;  // one a dump
    Growth growth;
  };

  void Add(const GroupedDump& dump, int64_t at_ns);

  size_t size() const { return times_.size(); }
  const Snapshot& snapshot() const { return *tables_; }
  const std::vector<Sample>& totals() const { return totals_; }
  // All rows with their verdicts: those that grow first, the fastest before the others.
  std::vector<Row> Judge() const;

 private:
  struct Gathered {
    Group group;
    std::vector<uint64_t> counts;  // by dump, up to the last in which it was
  };

  StackId Keep(const Snapshot& from, StackId stack);

  std::unique_ptr<Snapshot> tables_ = std::make_unique<Snapshot>();
  std::unique_ptr<Interner> interner_ = std::make_unique<Interner>(tables_.get());
  std::map<std::string, Gathered> gathered_;
  std::vector<int64_t> times_;
  std::vector<Sample> totals_;
};

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_COMPARE_H_
