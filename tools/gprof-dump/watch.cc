#include "tools/gprof-dump/watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/compare.h"
#include "muster/inspector/views.h"
#include "tools/gprof-dump/recording.h"
#include "tools/gprof-dump/sampler.h"

namespace muster::gprof_dump {
namespace {

using inspector::GroupedDump;
using inspector::Series;
using inspector::Snapshot;
using inspector::Trend;

size_t CountGrowing(const std::vector<Series::Row>& rows) {
  return static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [](const Series::Row& row) {
    return row.growth.trend == Trend::kGrowing;
  }));
}

std::string Goroutines(uint64_t count) {
  return absl::StrCat(count, count == 1 ? " goroutine" : " goroutines");
}

int ShowGrowth(const Series& series, const ViewOptions& view) {
  const std::vector<Series::Row> rows = series.Judge();
  return Show(
      view,
      [&](std::ostream& out, const inspector::ReportOptions& options) {
        if (view.json) {
          WriteGrowthJson(series, rows, out);
        } else {
          WriteGrowth(series, rows, out, options);
        }
      },
      CountGrowing(rows) > 0 ? kFindings : kClean);
}

// Nothing can be learnt from so few samples, which is better said before than after.
absl::Status CheckCount(const Sampling& sampling) {
  const size_t count = SampleCount(sampling);
  if (count >= inspector::kFewestSamples) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--for and --every give ", count, " samples, and a verdict takes ",
                   inspector::kFewestSamples, "; give a longer --for or a shorter --every"));
}

absl::Status CheckTarget(const std::string& target) {
  if (target != "-") return absl::OkStatus();
  return absl::InvalidArgumentError(
      "standard input can be read once only; give a pid, a socket, a URL or a file");
}

absl::StatusOr<std::vector<std::string>> PathsOf(const ReplayVerb& verb) {
  if (verb.more.empty()) return ListRecording(verb.view.target);
  std::vector<std::string> paths = {verb.view.target};
  paths.insert(paths.end(), verb.more.begin(), verb.more.end());
  return paths;
}

// 0 for what is no file.
int64_t WrittenAtNs(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) return 0;
  return absl::ToUnixNanos(absl::TimeFromTimespec(file.st_mtim));
}

}  // namespace

int RunWatch(const WatchVerb& verb) {
  if (const absl::Status fits = CheckTarget(verb.view.target); !fits.ok()) return Fail(fits);
  if (const absl::Status fits = CheckCount(verb.sampling); !fits.ok()) return Fail(fits);
  Series series;
  const absl::Status sampled =
      Sample(verb.sampling, [&](size_t, int64_t at_ns) -> absl::StatusOr<std::string> {
        const absl::StatusOr<GroupedDump> dump =
            inspector::FetchGroups(verb.view.target, {.filter = verb.view.filter});
        if (!dump.ok()) return dump.status();
        series.Add(*dump, at_ns);
        std::string said = Goroutines(series.totals().back().count);
        if (series.size() < inspector::kFewestSamples) return said;
        const size_t growing = CountGrowing(series.Judge());
        return absl::StrCat(said, ", ", growing, growing == 1 ? " group grows" : " groups grow");
      });
  if (!sampled.ok()) return Fail(sampled);
  return ShowGrowth(series, verb.view);
}

int RunRecord(const RecordVerb& verb) {
  if (const absl::Status fits = CheckTarget(verb.target); !fits.ok()) return Fail(fits);
  bool prepared = false;
  const absl::Status sampled =
      Sample(verb.sampling, [&](size_t number, int64_t) -> absl::StatusOr<std::string> {
        absl::StatusOr<Snapshot> snapshot = inspector::Fetch(verb.target);
        if (!snapshot.ok()) return snapshot.status();
        // Go's dumps do not say when they were taken.
        if (snapshot->taken_unix_ns == 0) snapshot->taken_unix_ns = absl::GetCurrentTimeNanos();
        if (!prepared) {
          if (const absl::Status made = PrepareRecording(verb.directory); !made.ok()) return made;
          prepared = true;
        }
        const absl::Status saved = SaveSnapshot(verb.directory, number, *snapshot);
        if (!saved.ok()) return saved;
        return Goroutines(snapshot->total());
      });
  return sampled.ok() ? kClean : Fail(sampled);
}

int RunReplay(const ReplayVerb& verb) {
  const absl::StatusOr<std::vector<std::string>> paths = PathsOf(verb);
  if (!paths.ok()) return Fail(paths.status());
  Series series;
  int64_t before_ns = 0;
  for (const std::string& path : *paths) {
    absl::StatusOr<Snapshot> snapshot = inspector::Fetch(path);
    if (!snapshot.ok()) return Fail(snapshot.status());
    ApplyFilter(verb.view.filter, &*snapshot);
    const int64_t at_ns =
        snapshot->taken_unix_ns != 0 ? snapshot->taken_unix_ns : WrittenAtNs(path);
    if (at_ns < before_ns) {
      return Fail(absl::InvalidArgumentError(absl::StrCat(
          path, " was taken before the dump that is named before it; name them in order")));
    }
    before_ns = at_ns;
    std::vector<inspector::Group> groups = GroupGoroutines(*snapshot);
    GroupedDump dump{*std::move(snapshot), std::move(groups)};
    dump.snapshot.source = verb.view.target;
    series.Add(dump, at_ns);
  }
  return ShowGrowth(series, verb.view);
}

}  // namespace muster::gprof_dump
