// The text that people and Go's tools read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "tests/inspector/formats/random_snapshot.h"

namespace muster::inspector::testing {
namespace {

std::vector<std::string> Lines(const std::string& text, const std::string& prefix = "") {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(prefix)) lines.push_back(line);
  }
  return lines;
}

TEST(WriteText1, AlignsFramesByteForByteAsGoDoes) {
  const std::string go = GoDump("go119-debug1.txt");
  const auto snapshot = Read(go, "go");
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  auto want = Lines(go, "#\t");
  auto got = Lines(Written(*snapshot, Format::kText1), "#\t");
  // Buckets of equal count are ordered by addresses, of which Go lists hidden ones too.
  std::sort(want.begin(), want.end());
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, want);
  EXPECT_EQ(Lines(Written(*snapshot, Format::kText1), "# labels"), Lines(go, "# labels"));
}

TEST(WriteText2, GivesGosOwnTextBack) {
  const std::string go = GoDump("go119-debug2.txt");
  const auto snapshot = Read(go, "go");
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(Written(*snapshot, Format::kText2), go);
}

// pprof's reader of count profiles takes nothing else before the memory map.
TEST(WriteText1, HasOnlyLinesThatPprofTakes) {
  const std::regex bucket("[0-9]+ @( 0x[0-9a-f]+)+");
  const std::regex mapping("[0-9a-f]+-[0-9a-f]+ r-xp [0-9a-f]+ 00:00 0 .*");
  for (uint64_t seed = 1; seed < 20; ++seed) {
    const auto lines = Lines(Written(RandomSnapshot(seed), Format::kText1));
    ASSERT_FALSE(lines.empty());
    EXPECT_TRUE(std::regex_match(lines[0], std::regex("\\S+ profile: total [0-9]+"))) << lines[0];
    bool in_map = false;
    for (size_t i = 1; i < lines.size(); ++i) {
      if (lines[i] == "--- Memory map: ---") {
        in_map = true;
      } else if (in_map) {
        EXPECT_TRUE(std::regex_match(lines[i], mapping)) << lines[i];
      } else if (!lines[i].empty() && lines[i][0] != '#') {
        EXPECT_TRUE(std::regex_match(lines[i], bucket)) << lines[i];
      }
    }
    EXPECT_TRUE(in_map);
  }
}

TEST(WriteText1, PutsTheLargestGroupFirst) {
  Snapshot snapshot;
  snapshot.frames.resize(2);
  snapshot.frames[0].pc = 0x10;
  snapshot.frames[1].pc = 0x20;
  snapshot.stacks = {{{0}, 0}, {{1}, 0}};
  for (const StackId stack : {0u, 1u, 1u}) {
    Goroutine goroutine;
    goroutine.id = snapshot.goroutines.size() + 1;
    goroutine.stack = stack;
    goroutine.state = State::kWaiting;
    goroutine.reason = "chan receive";
    goroutine.wait_ns = static_cast<int64_t>(goroutine.id) * 1'000'000'000;
    snapshot.goroutines.push_back(goroutine);
  }
  EXPECT_EQ(Written(snapshot, Format::kText1),
            "goroutine profile: total 3\n"
            "2 @ 0x20\n"
            "# state: chan receive\n"
            "# waiting: min 2s, median 2s, max 3s\n"
            "#\t0x1f\n\n"
            "1 @ 0x10\n"
            "# state: chan receive\n"
            "# waiting: 1s\n"
            "#\t0xf\n\n");
}

TEST(WriteText2, FoldsTheRuntimesFramesUnlessAllAreWanted) {
  Snapshot snapshot;
  snapshot.frames.resize(2);
  snapshot.frames[0].pc = 0x10;
  snapshot.frames[0].function = "muster::sched::Park";
  snapshot.frames[0].file = "park.cc";
  snapshot.frames[1].pc = 0x20;
  snapshot.frames[1].function = "app::Serve";
  snapshot.frames[1].file = "serve.cc";
  snapshot.frames[1].line = 9;
  snapshot.stacks = {{{0, 1}, 0}};
  Goroutine goroutine;
  goroutine.id = 4;
  goroutine.parent_id = 1;
  goroutine.stack = goroutine.creation_stack = 0;
  goroutine.state = State::kWaiting;
  goroutine.reason = "select";
  goroutine.wait_ns = 200'000'000'000;
  goroutine.locked_to_thread = true;
  Goroutine thread;
  thread.kind = Kind::kThread;
  thread.stack = 0;
  snapshot.goroutines = {goroutine, thread};
  EXPECT_EQ(Written(snapshot, Format::kText2, /*all_frames=*/false),
            "goroutine 4 [select, 3 minutes, locked to thread]:\n"
            "app::Serve(...)\n\tserve.cc:9 +0x0\n"
            "created by app::Serve in goroutine 1\n\tserve.cc:9 +0x0\n");
  EXPECT_THAT(Written(snapshot, Format::kText2), ::testing::HasSubstr("muster::sched::Park(...)"));
}

// More text of distinct stacks than is kept.
TEST(WriteText2, TellsEveryStackHoweverManyThereAre) {
  constexpr uint64_t kStacks = 3000;
  Snapshot snapshot;
  Interner interner(&snapshot);
  for (uint64_t i = 1; i <= kStacks; ++i) {
    Frame frame;
    frame.function = std::string(10'000, 'f') + std::to_string(i);
    Goroutine goroutine;
    goroutine.id = i;
    goroutine.state = State::kRunning;
    goroutine.stack = interner.InternStack({{interner.InternFrame(frame)}, 0});
    snapshot.goroutines.push_back(goroutine);
  }
  // Each stack once more, after all of them.
  for (uint64_t i = 0; i < kStacks; ++i) snapshot.goroutines.push_back(snapshot.goroutines[i]);
  const auto lines = Lines(Written(snapshot, Format::kText2), "f");
  ASSERT_EQ(lines.size(), 2 * kStacks);
  for (uint64_t i = 0; i < lines.size(); ++i) {
    EXPECT_TRUE(lines[i].ends_with("f" + std::to_string(i % kStacks + 1) + "()"))
        << lines[i].substr(10'000);
  }
}

TEST(ParseFormat, NamesTheChoices) {
  for (const Format format :
       {Format::kText1, Format::kText2, Format::kProto, Format::kJson, Format::kWire}) {
    const auto parsed = ParseFormat(ToString(format));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, format);
    EXPECT_THAT(ContentType(format), ::testing::HasSubstr("/"));
  }
  EXPECT_THAT(std::string(ParseFormat("xml").status().message()),
              ::testing::HasSubstr("use one of text1, text2, proto, json, wire"));
}

}  // namespace
}  // namespace muster::inspector::testing
