// What is said of the kinds of Go dumps that people post, from the file to the findings. The table
// in docs/reference/dumps.md is made of this one: a row that differs there fails the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "muster/inspector/analysis.h"
#include "muster/inspector/formats.h"
#include "muster/inspector/report.h"

namespace muster::inspector {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A kind of dump, and what must be made of it.
struct Kind {
  std::string file;
  std::string kind;                   // in words, for the table
  std::string format;                 // as it was recognised
  uint64_t total = 0;                 // goroutines that the dump says there are
  std::vector<std::string> rules;     // of the findings, none for a healthy program
  std::vector<uint64_t> goroutines;   // of the first finding, where the dump has ids
  std::vector<std::string> mentions;  // what its explanation must name
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.file; }

const std::vector<Kind>& Kinds() {
  static const auto* const kKinds = new std::vector<Kind>{
      {"one-bucket-of-a-third.txt",
       "debug=1, cut inside a frame; one stack is a third of all",
       "text1",
       108805,
       {"pile-up"},
       {},
       {"36222 goroutines of 108805 (33.3%)", "(*bufferReader).Read at transport.go:143"}},
      {"http-client-pairs.txt",
       "debug=1 without `#`; a reader and a writer for each connection",
       "text1",
       1779,
       {"leak-unit"},
       {},
       {"1735 goroutines of 1779 (97.5%)", "(*persistConn).writeLoop", "(*persistConn).readLoop"}},
      {"equal-counts-no-hash.txt",
       "debug=1 without `#`; three stacks of equal counts",
       "text1",
       1327,
       {"leak-unit"},
       {},
       {"one leak of 281 units", "sync.runtime_Semacquire at sema.go:47"}},
      {"one-reader-per-client.txt",
       "debug=1; as many network readers as clients not closed",
       "text1",
       555,
       {"leak-unit"},
       {},
       {"one leak of 100 units", "(*link).reset at link.go:1164"}},
      {"whole-ratio.txt",
       "debug=1; two goroutines of one kind for each of another",
       "text1",
       7301,
       {"leak-unit"},
       {},
       {"one leak of 2358 units", "4716 in"}},
      {"one-function-at-many-addresses.txt",
       "debug=1; one function at several addresses",
       "text1",
       3400,
       {"pile-up"},
       {},
       {"1990 goroutines of 3400", "(*Runner).step"}},
      {"labels-of-bytes.txt",
       "debug=1 with labels that are no text",
       "text1",
       759643,
       {"pile-up"},
       {},
       {"379246 goroutines of 759643 (49.9%)", "copr.(*taskSender).run"}},
      {"five-healthy.txt", "debug=1 of a healthy program, cut", "text1", 5, {}, {}, {}},
      {"leak-profile.txt",
       "debug=1 of the goroutineleak profile",
       "text1",
       3,
       {"leaked", "leaked"},
       {},
       {"leak.go:11"}},
      {"leaked-and-kept.txt",
       "debug=2 of the goroutineleak profile: one leaked, one reachable",
       "text2",
       3,
       {"leaked"},
       {7},
       {"nobody is left who could wake it"}},
      {"called-back-into-its-lock.txt",
       "debug=2; a method called back into its own lock",
       "text2",
       1,
       {"self-deadlock"},
       {124300},
       {"(*stream).ack at stream.go:3296", "0xc0000cdb8c"}},
      {"indented-lock-wait.txt",
       "debug=2, indented; a Mutex whose holder is not shown",
       "text2",
       1,
       {"stalled-lock"},
       {423},
       {"(*Writer).Add", "0xc000dc9000", "1h14m", "holder is unknown"}},
      {"write-lock-stale-words.txt",
       "debug=2 of Go 1.20 and later; all arguments marked stale",
       "text2",
       1,
       {"stalled-lock"},
       {3785},
       {"(*stripes).getOrSet at head.go:1977", "8h15m"}},
      {"two-locks-two-orders.txt",
       "debug=2; two objects locked in both orders",
       "text2",
       2,
       {"lock-cycle"},
       {11, 10},
       {"0xc0000b4010", "0xc0000b5010"}},
      {"lock-held-across-a-send.txt",
       "debug=2; a sender works on the object that others want to lock",
       "text2",
       2,
       {"lock-and-channel"},
       {31, 32},
       {"(*Store).Remove at store.go:80"}},
      {"started-by-one-who-has-gone.txt",
       "debug=2; work whose starter is not in the dump",
       "text2",
       2,
       {"orphan"},
       {6322},
       {"executor.readTask[...]", "goroutine 6305"}},
      {"idle-server.txt",
       "debug=2 of an idle server: loops, connections, an id generator",
       "text2",
       8,
       {},
       {},
       {}},
      {"idle-client-for-months.txt",
       "debug=2 from the middle of a stack; waits of 143940 minutes",
       "text2",
       2,
       {},
       {},
       {}},
      {"excerpt-without-main.txt",
       "debug=2; an excerpt without goroutine 1, which started the rest",
       "text2",
       1,
       {},
       {},
       {}},
      {"labels-of-1.27.txt",
       "debug=2 of Go 1.27, labels behind the status",
       "text2",
       2,
       {},
       {},
       {}},
      {"all-asleep.txt",
       "fatal error: all goroutines are asleep",
       "text2",
       2,
       {"global-deadlock"},
       {1, 19},
       {"pool.go:77"}},
      {"sigquit-stuck-main.txt",
       "SIGQUIT; main sends, deep in a recursion; goroutine 0 is a thread",
       "text2",
       1,
       {"stalled-send"},
       {1},
       {"main.look at reader.go:84", "3m"}},
      {"test-timed-out.txt",
       "panic: test timed out; a lock",
       "text2",
       4,
       {"stalled-lock"},
       {8},
       {"(*head).Appender", "0xc4200aa000"}},
      {"test-timed-out-in-a-receive.txt",
       "panic: test timed out; a receive",
       "text2",
       3,
       {"test-timeout"},
       {7},
       {"queue.TestDrain", "queue.go:41"}},
      {"synctest-deadlock.txt",
       "testing/synctest: all goroutines in bubble are blocked",
       "text2",
       1,
       {"global-deadlock"},
       {21},
       {"retry.go:18"}},
      {"goleak.txt",
       "goleak, without Go's headers",
       "goleak",
       2,
       {"leaked", "leaked"},
       {20},
       {"feed.go:40"}},
      {"goleak-of-ci.txt",
       "goleak with Go's headers and a CI's time stamps",
       "goleak",
       2,
       {"leaked"},
       {179341, 179778},
       {"unbounded.go:55"}},
      {"panicparse-stuck-send.txt",
       "panicparse",
       "panicparse",
       1,
       {"stalled-send"},
       {},
       {"(*Store).remove at store.go:2040", "1d1h"}},
      {"journald-hang.txt",
       "a journal's line with literal \\n and \\t, wrapped inside a path",
       "text2",
       3,
       {},
       {},
       {}},
      {"markdown-fence.md",
       "a ticket: quoted, in a fence",
       "text2",
       1,
       {"stalled-lock"},
       {52},
       {"(*Conf).Get at conf.go:28", "33m"}},
      {"json-string.json",
       "a structured log's record",
       "text2",
       1,
       {"stalled-send"},
       {9},
       {"(*Out).put at out.go:33", "45m"}},
  };
  return *kKinds;
}

std::string RuleList(const std::vector<std::string>& rules) {
  std::string list;
  for (const std::string& rule : rules) {
    if (list.find(rule) != std::string::npos) continue;
    list += (list.empty() ? "" : ", ") + rule;
  }
  return list.empty() ? "nothing" : list;
}

class GoVerdicts : public ::testing::TestWithParam<Kind> {};

TEST_P(GoVerdicts, AreWhatTheKindOfDumpDeserves) {
  const Kind& kind = GetParam();
  const auto snapshot = Read(Contents(MUSTER_GO_DUMPS + kind.file), kind.file);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->format, kind.format);
  EXPECT_EQ(std::max(snapshot->live, snapshot->total()), kind.total);
  const std::vector<Finding> findings = Analyze(*snapshot);
  std::vector<std::string> rules;
  for (const Finding& finding : findings) rules.push_back(finding.rule);
  std::ostringstream report;
  WriteFindings(*snapshot, findings, report);
  ASSERT_EQ(rules, kind.rules) << report.str();
  if (findings.empty()) return;
  EXPECT_EQ(findings[0].goroutines, kind.goroutines);
  for (const std::string& words : kind.mentions) {
    EXPECT_THAT(findings[0].explanation, ::testing::HasSubstr(words));
  }
}

TEST_P(GoVerdicts, StayTheSameThroughJson) {
  const auto snapshot = Read(Contents(MUSTER_GO_DUMPS + GetParam().file), GetParam().file);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  std::ostringstream json;
  Write(*snapshot, Format::kJson, json);
  const auto again = Read(json.str(), "again");
  ASSERT_TRUE(again.ok()) << again.status();
  const std::vector<Finding> before = Analyze(*snapshot);
  const std::vector<Finding> after = Analyze(*again);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].rule, after[i].rule);
    EXPECT_EQ(before[i].explanation, after[i].explanation);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, GoVerdicts, ::testing::ValuesIn(Kinds()), [](const auto& kind) {
  std::string name = kind.param.file.substr(0, kind.param.file.rfind('.'));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

TEST(GoVerdicts, CoverEveryFile) {
  std::set<std::string> listed;
  for (const Kind& kind : Kinds()) listed.insert(kind.file);
  std::set<std::string> present;
  for (const auto& entry : std::filesystem::directory_iterator(MUSTER_GO_DUMPS)) {
    present.insert(entry.path().filename().string());
  }
  EXPECT_EQ(listed, present);
}

TEST(GoVerdicts, AreTheTableOfTheManual) {
  const std::string page = Contents(MUSTER_DUMPS_PAGE);
  for (const Kind& kind : Kinds()) {
    const std::string row = "| " + kind.kind + " | " + kind.file + " | " +
                            std::to_string(kind.total) + " | " + RuleList(kind.rules) + " |\n";
    EXPECT_THAT(page, ::testing::HasSubstr(row));
  }
}

}  // namespace
}  // namespace muster::inspector
