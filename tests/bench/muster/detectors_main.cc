// bench_detectors [--doc=FILE] [GOROUTINES...]: what the inspector's detectors cost on snapshots of
// so many goroutines, in time and in memory. Every row is measured in a process of its own, so that
// its memory is its own. --doc writes the page docs/performance-detectors.md.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "muster/inspector/analysis.h"
#include "muster/inspector/groups.h"
#include "muster/inspector/model.h"

namespace {

using muster::inspector::Direction;
using muster::inspector::Finding;
using muster::inspector::Frame;
using muster::inspector::Goroutine;
using muster::inspector::Interner;
using muster::inspector::ObjectKind;
using muster::inspector::Resource;
using muster::inspector::Snapshot;
using muster::inspector::Stack;
using muster::inspector::StackId;
using muster::inspector::State;

constexpr int kRuns = 5;
constexpr int64_t kSecond = 1'000'000'000;

class Maker {
 public:
  Maker() : interner_(&snapshot_) {
    snapshot_.format = "live";
    work_ = AddStack({"Work", "Serve", "main"});
    created_ = AddStack({"main"});
    Add(ObjectKind::kNone, 0, "").state = State::kRunning;
  }

  // Everybody waits on a channel of its own, in one of fifty places, and is no fault.
  void Idle(uint64_t count) {
    std::vector<StackId> places;
    for (int i = 0; i < 50; ++i) places.push_back(AddStack({"Loop" + std::to_string(i), "main"}));
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t chan = Object(ObjectKind::kChan);
      snapshot_.resources.back().references = 2;
      Goroutine& g = Add(ObjectKind::kChan, chan, "chan receive");
      g.stack = places[i % places.size()];
    }
  }

  // The same number in one cycle: each waits for the lock that the next one holds.
  void Ring(uint64_t count) {
    const uint64_t first_id = next_id_;
    const uint64_t first_lock = next_address_;
    for (uint64_t i = 0; i < count; ++i) {
      Object(ObjectKind::kMutex);
      snapshot_.resources.back().owner_id = first_id + i;
      snapshot_.resources.back().owned_ns = 60 * kSecond;
      Add(ObjectKind::kMutex, first_lock + kStride * ((i + 1) % count), "sync.Mutex.Lock");
    }
  }

  // Of a hundred each, one holds the lock and waits to send; the others want the lock. As a search
  // has found, any of the first two of these could receive.
  void Knots(uint64_t count) {
    snapshot_.reachability_searched = true;
    for (uint64_t done = 0; done < count; done += 100) {
      const uint64_t lock = Object(ObjectKind::kMutex);
      snapshot_.resources.back().owner_id = next_id_;
      snapshot_.resources.back().owned_ns = 60 * kSecond;
      const uint64_t chan = Object(ObjectKind::kChan);
      Goroutine& holder = Add(ObjectKind::kChan, chan, "chan send");
      holder.deadlocked = true;
      holder.could_wake = {next_id_, next_id_ + 1};
      for (int i = 1; i < 100; ++i) {
        Add(ObjectKind::kMutex, lock, "sync.Mutex.Lock").deadlocked = true;
      }
    }
  }

  Snapshot Take() {
    snapshot_.live = snapshot_.captured = snapshot_.goroutines.size();
    return std::move(snapshot_);
  }

 private:
  static constexpr uint64_t kStride = 0x40;

  StackId AddStack(const std::vector<std::string>& functions) {
    Stack stack;
    for (const std::string& function : functions) {
      Frame frame;
      frame.function = function;
      frame.file = "/src/app.cc";
      frame.line = 7;
      stack.frames.push_back(interner_.InternFrame(std::move(frame)));
    }
    return interner_.InternStack(std::move(stack));
  }

  uint64_t Object(ObjectKind kind) {
    Resource resource;
    resource.address = next_address_;
    resource.kind = kind;
    next_address_ += kStride;
    snapshot_.resources.push_back(std::move(resource));
    return snapshot_.resources.back().address;
  }

  Goroutine& Add(ObjectKind kind, uint64_t object, const char* reason) {
    Goroutine g;
    g.id = next_id_++;
    g.parent_id = g.id == 1 ? 0 : 1;
    g.state = State::kWaiting;
    g.reason = reason;
    if (object != 0) g.waits.push_back({object, kind, Direction::kNone});
    g.wait_ns = 50 * kSecond;
    g.age_ns = 100 * kSecond;
    g.stack = work_;
    g.creation_stack = created_;
    snapshot_.goroutines.push_back(std::move(g));
    return snapshot_.goroutines.back();
  }

  Snapshot snapshot_;
  Interner interner_;
  uint64_t next_id_ = 1;
  uint64_t next_address_ = 0x1000;
  StackId work_ = 0;
  StackId created_ = 0;
};

struct Shape {
  const char* name;
  const char* what;
  void (Maker::*make)(uint64_t);
};
constexpr Shape kShapes[] = {
    {"idle", "each waits on a channel of its own; nothing is wrong", &Maker::Idle},
    {"ring", "all in one cycle of locks", &Maker::Ring},
    {"knots", "hundreds that hold each other up over a lock and a channel", &Maker::Knots},
};

struct Row {
  double milliseconds = 0;  // the median
  double snapshot_mib = 0;
  double analysis_mib = 0;  // at its highest, beyond the snapshot
  uint64_t findings = 0;
  uint64_t affected = 0;
};

double PeakMib() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

Row Measure(const Shape& shape, uint64_t goroutines) {
  Row row;
  const double before = PeakMib();
  Maker maker;
  (maker.*shape.make)(goroutines);
  const Snapshot snapshot = maker.Take();
  const double made = PeakMib();
  std::vector<double> times;
  std::vector<Finding> findings;
  for (int i = 0; i < kRuns; ++i) {
    const std::clock_t begin = std::clock();
    findings = muster::inspector::Analyze(snapshot);
    times.push_back(static_cast<double>(std::clock() - begin) * 1000 / CLOCKS_PER_SEC);
  }
  std::sort(times.begin(), times.end());
  row.milliseconds = times[kRuns / 2];
  row.snapshot_mib = made - before;
  row.analysis_mib = PeakMib() - made;
  row.findings = findings.size();
  for (const Finding& finding : findings) row.affected += finding.count;
  return row;
}

Row MeasureApart(const Shape& shape, uint64_t goroutines) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    const Row row = Measure(shape, goroutines);
    const bool told = write(ends[1], &row, sizeof(row)) == sizeof(row);
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  Row row;
  const bool told = read(ends[0], &row, sizeof(row)) == sizeof(row);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!told) {
    std::fprintf(stderr, "%s with %llu goroutines did not end\n", shape.name,
                 static_cast<unsigned long long>(goroutines));
    std::exit(1);
  }
  return row;
}

void WriteTables(const std::vector<uint64_t>& sizes, std::ostream& out) {
  for (const Shape& shape : kShapes) {
    out << "## " << shape.name << ": " << shape.what << "\n\n"
        << "| goroutines | time | a goroutine | snapshot | the detectors' memory | findings | "
           "goroutines they explain |\n|---|---|---|---|---|---|---|\n";
    for (const uint64_t size : sizes) {
      const Row row = MeasureApart(shape, size);
      char text[256];
      std::snprintf(text, sizeof(text),
                    "| %llu | %.1f ms | %.2f µs | %.1f MiB | %.1f MiB | %llu | %llu |\n",
                    static_cast<unsigned long long>(size), row.milliseconds,
                    row.milliseconds * 1000 / static_cast<double>(size), row.snapshot_mib,
                    row.analysis_mib, static_cast<unsigned long long>(row.findings),
                    static_cast<unsigned long long>(row.affected));
      out << text << std::flush;
    }
    out << '\n';
  }
}

std::string Processor() {
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

void WritePage(const std::vector<uint64_t>& sizes, std::ostream& out) {
  out << "# What the detectors cost\n\n"
         "<!-- Written by bench_detectors --doc; do not edit. -->\n\n"
         "All detectors together, on a snapshot that is already there: the inspector runs them in "
         "a tool or on a thread of\nits own, out of the program's way. Median of "
      << kRuns
      << " runs, processor time of the one thread; memory is what the process needed at its "
         "highest.\nMeasured on "
      << sysconf(_SC_NPROCESSORS_ONLN) << " × " << Processor()
      << ", other work beside it. `tests/bench/bench_detectors` in a build directory makes the\n"
         "tables again, with `--doc=FILE` this page.\n\n";
  WriteTables(sizes, out);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<uint64_t> sizes;
  std::string doc;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("--doc=")) {
      doc = argument.substr(6);
    } else if (const uint64_t size = std::strtoull(argv[i], nullptr, 10); size > 0) {
      sizes.push_back(size);
    } else {
      std::fprintf(stderr, "usage: bench_detectors [--doc=FILE] [GOROUTINES...]\n");
      return 2;
    }
  }
  if (sizes.empty()) sizes = {1'000, 10'000, 100'000, 1'000'000};
  if (doc.empty()) {
    WriteTables(sizes, std::cout);
    return 0;
  }
  std::ostringstream page;
  WritePage(sizes, page);
  std::ofstream file(doc);
  file << page.str();
  return file.good() ? 0 : 1;
}
