// TSan reports: the text that a ThreadSanitizer binary prints, as values.
#ifndef TOOLS_MUSTER_STRESS_TSAN_REPORT_H_
#define TOOLS_MUSTER_STRESS_TSAN_REPORT_H_

#include <string>
#include <string_view>
#include <vector>

namespace muster::stress {

struct ReportFrame {
  std::string function;  // "" when the report says <null>
  std::string location;  // file:line, without the column; "" when not known
  std::string module;    // "binary+0x1234"
};

// One titled stack of a report: "Write of size 4 at 0x... by thread T2 'goroutine 7':".
struct ReportSection {
  std::string heading;
  std::vector<ReportFrame> frames;
};

struct TsanReport {
  std::string kind;  // "data race", "lock-order-inversion (potential deadlock)", "SEGV", ...
  std::vector<ReportSection> sections;
  std::string text;        // as printed
  bool truncated = false;  // the output ended inside it
};

// ParseReports finds the reports in a program's output. What stands between them, and lines of the
// program that fell into one, are passed over.
std::vector<TsanReport> ParseReports(std::string_view output);

// ReportKey is equal for reports that say the same: the kind, and the stacks that clash by function
// and file:line. Addresses, thread numbers, columns, build ids and which access came first play no
// part; neither do the stacks which created the threads or the block.
std::string ReportKey(const TsanReport& report);

// ReportTitle is the key in a few words: "data race: Write at a.cc:5 in f(), Read at b.cc:7 in
// g()".
std::string ReportTitle(const TsanReport& report);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_TSAN_REPORT_H_
