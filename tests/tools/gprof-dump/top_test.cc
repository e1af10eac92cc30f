// `top`: its screen as a function of keys, and the program on a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "muster/inspector/formats.h"
#include "tests/inspector/capture/canned_server.h"
#include "tests/tools/dumps.h"
#include "tests/tools/gprof-dump/terminal.h"
#include "tests/tools/gprof-dump/tool.h"
#include "tools/gprof-dump/top_screen.h"

namespace muster::testing {
namespace {

using gprof_dump::Key;
using gprof_dump::KeyPress;
using gprof_dump::TopScreen;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Wish = TopScreen::Wish;

inspector::GroupedDump Grouped(const std::string& text) {
  inspector::Snapshot snapshot = inspector::Read(text, "dump").value();
  std::vector<inspector::Group> groups = GroupGoroutines(snapshot);
  return {snapshot, groups};
}

std::string Sender(int id) {
  return "\ngoroutine " + std::to_string(id) +
         " [chan send, 9 minutes]:\nmain.tell()\n\t/src/app/tell.go:7 +0x2a\n";
}

KeyPress Text(char c) { return {Key::kText, c}; }

TEST(TopKeys, SequencesOfTerminalsAreKeys) {
  std::string input = "\033[A\033OBq\r\033[5~\033[99~x\033";
  const std::vector<std::pair<Key, char>> want = {
      {Key::kUp, 0},     {Key::kDown, 0}, {Key::kText, 'q'}, {Key::kEnter, 0},
      {Key::kPageUp, 0}, {Key::kNone, 0}, {Key::kText, 'x'}, {Key::kEscape, 0}};
  for (const auto& [key, text] : want) {
    const KeyPress press = gprof_dump::TakeKey(&input);
    EXPECT_EQ(press.key, key);
    EXPECT_EQ(press.text, text);
  }
  EXPECT_EQ(input, "");
}

TEST(TopScreen, ShowsGroupsWithCounts) {
  TopScreen screen;
  screen.Update(Grouped(kHealthyDump + Sender(50) + Sender(51)));
  screen.SetNote("every 2s");
  const std::vector<std::string> lines = screen.Draw({24, 100}, false);
  EXPECT_THAT(lines[0], AllOf(HasSubstr("4 of 4 goroutines in 3 groups"), HasSubstr("every 2s")));
  EXPECT_THAT(lines[3], AllOf(StartsWith(">     2"), HasSubstr("main.tell tell.go:7")));
}

TEST(TopScreen, ChangesCountFromTheFirstDumpOrFromZero) {
  TopScreen screen;
  screen.Update(Grouped(kHealthyDump + Sender(50)));
  screen.Update(Grouped(kHealthyDump + Sender(50) + Sender(51) + Sender(52)));
  EXPECT_THAT(screen.Draw({24, 100}, false), Contains(HasSubstr("  +2  ")));
  screen.Press(Text('z'));
  EXPECT_THAT(screen.Draw({24, 100}, false), Not(Contains(HasSubstr("+2"))));
}

TEST(TopScreen, ChosenGroupStaysChosenWhenTheOrderChanges) {
  TopScreen screen;
  screen.Update(Grouped(kHealthyDump + Sender(50) + Sender(51)));
  screen.Press({Key::kDown});
  screen.Press({Key::kDown});
  EXPECT_THAT(screen.Draw({24, 100}, false),
              Contains(AllOf(StartsWith(">"), HasSubstr("IO wait"))));
  screen.Press(Text('s'));
  screen.Press(Text('s'));
  const auto lines = screen.Draw({24, 100}, false);
  EXPECT_THAT(lines[0], HasSubstr("by wait"));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith(">"), HasSubstr("IO wait"))));
}

TEST(TopScreen, EnterShowsTheStackAndItsCreator) {
  TopScreen screen;
  screen.Update(Grouped(kHealthyDump));
  screen.Press({Key::kEnd});
  EXPECT_THAT(screen.Draw({24, 100}, false), Not(Contains(HasSubstr("created by"))));
  screen.Press({Key::kEnter});
  EXPECT_THAT(screen.Draw({24, 100}, false), Contains(HasSubstr("created by main.main")));
}

TEST(TopScreen, StaysWithinTheScreen) {
  std::string dump = kHealthyDump;
  for (int i = 0; i < 100; ++i) {
    dump += "\ngoroutine " + std::to_string(100 + i) + " [chan send]:\nmain.f" + std::to_string(i) +
            "()\n\t/src/app/tell.go:" + std::to_string(i + 1) + " +0x2a\n";
  }
  TopScreen screen;
  screen.Update(Grouped(dump));
  screen.Press({Key::kEnter});
  for (const size_t rows : {1, 2, 3, 4, 5, 10, 200}) {
    for (const size_t columns : {1, 10, 80}) {
      screen.Press({Key::kEnd});
      const std::vector<std::string> lines = screen.Draw({rows, columns}, false);
      EXPECT_LE(lines.size(), std::max<size_t>(rows, 3));
      for (const std::string& line : lines) EXPECT_LE(line.size(), columns);
    }
  }
  EXPECT_THAT(screen.Draw({10, 80}, false), Contains(StartsWith(">")));
}

TEST(TopScreen, KeysAskForWhatTheScreenCannotDo) {
  TopScreen screen;
  screen.Update(Grouped(kHealthyDump));
  EXPECT_EQ(screen.Press(Text('q')), Wish::kQuit);
  EXPECT_EQ(screen.Press(Text('p')), Wish::kPause);
  EXPECT_EQ(screen.Press(Text('+')), Wish::kFaster);
  EXPECT_EQ(screen.Press(Text(']')), Wish::kLater);
  EXPECT_EQ(screen.Press(Text('x')), Wish::kNothing);
}

TEST(GprofDumpTop, NeedsATerminalOrOnce) {
  const TemporaryDirectory directory;
  const std::string dump = directory.Write("dump.txt", kHealthyDump);
  const RunResult without = GprofDump({"top", dump});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("--once"));
  const RunResult once = GprofDump({"top", dump, "--once"});
  EXPECT_EQ(once.exit_code, 0) << once.err;
  EXPECT_THAT(once.out, HasSubstr("2 of 2 goroutines in 2 groups"));
}

TEST(GprofDumpTop, FollowsATargetAndObeysKeys) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  std::atomic<int> asked = 0;
  inspector::CannedServer server("", [&](const std::string&) {
    std::string dump = kHealthyDump;
    for (int i = 0; i <= asked; ++i) dump += Sender(50 + i);
    ++asked;
    return inspector::Http(200, dump);
  });
  TerminalSession top({GPROF_DUMP, "top", server.url() + "/dump", "--every=1h"});
  EXPECT_TRUE(top.WaitFor("3 of 3 goroutines"));
  EXPECT_TRUE(top.WaitFor("every 1h"));
  top.Type("r");
  EXPECT_TRUE(top.WaitFor("4 of 4 goroutines"));
  EXPECT_TRUE(top.WaitFor("+1"));
  top.Type("\033[H\r");  // the group that has most
  EXPECT_TRUE(top.WaitFor("/src/app/tell.go:7"));
  top.Type("?");
  EXPECT_TRUE(top.WaitFor("show or hide the stack"));
  top.Type("?p");
  EXPECT_TRUE(top.WaitFor("paused"));
  top.Type("q");
  EXPECT_EQ(top.Wait(), 0);
  EXPECT_THAT(top.output(), HasSubstr("\033[?1049l"));  // back to the screen that was there
}

TEST(GprofDumpTop, GoesThroughARecording) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  const TemporaryDirectory directory;
  for (int i = 1; i <= 2; ++i) {
    std::string dump = kHealthyDump;
    for (int n = 0; n < i; ++n) dump += Sender(50 + n);
    const std::string file = directory / ("snapshot-00000" + std::to_string(i) + ".wire");
    ASSERT_EQ(GprofDump({"-", "--format=wire", "-o", file}, {.input = dump}).exit_code, 0);
  }
  TerminalSession top({GPROF_DUMP, "top", directory.path()});
  EXPECT_TRUE(top.WaitFor("snapshot 1 of 2"));
  top.Type("]");
  EXPECT_TRUE(top.WaitFor("snapshot 2 of 2"));
  EXPECT_TRUE(top.WaitFor("4 of 4 goroutines"));
  top.Type("q");
  EXPECT_EQ(top.Wait(), 0);
}

TEST(GprofDumpTop, TargetThatStopsAnsweringIsSaidOnTheScreen) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  std::atomic<int> asked = 0;
  inspector::CannedServer server("", [&](const std::string&) {
    return asked++ == 0 ? inspector::Http(200, kHealthyDump) : std::string("x");
  });
  TerminalSession top({GPROF_DUMP, "top", server.url() + "/dump", "--every=1h"});
  EXPECT_TRUE(top.WaitFor("2 of 2 goroutines"));
  top.Type("r");
  EXPECT_TRUE(top.WaitFor("no answer"));
  top.Type("q");
  EXPECT_EQ(top.Wait(), 0);
}

TEST(GprofDumpTop, SignalLeavesTheTerminalAsItWas) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  const TemporaryDirectory directory;
  TerminalSession top({GPROF_DUMP, "top", directory.Write("dump.txt", kHealthyDump)});
  EXPECT_TRUE(top.WaitFor("2 of 2 goroutines"));
  EXPECT_FALSE(top.IsCooked());
  top.Signal(SIGTERM);
  EXPECT_EQ(top.Wait(), 0);
  EXPECT_TRUE(top.IsCooked());
}

}  // namespace
}  // namespace muster::testing
