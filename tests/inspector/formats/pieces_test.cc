// Reading and grouping piece by piece: the same as of the whole, in memory that does not grow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "muster/inspector/formats.h"
#include "muster/inspector/groups.h"
#include "tests/inspector/formats/random_snapshot.h"

namespace muster::inspector {
namespace {

// Goroutine `i` of a dump that has as many as wanted: four kinds, each with addresses of its own.
std::string Block(uint64_t i) {
  static constexpr const char* kReasons[] = {"chan receive", "select", "IO wait", "chan send"};
  const uint64_t kind = i % 4;
  const uint64_t address = 0xc000000000 + i * 64;
  return absl::StrFormat(
      "goroutine %d [%s, %d minutes]:\n"
      "example.com/app.(*Worker%d).wait(0x%x, {0x%x?, 0x2})\n\t/src/app/worker.go:%d +0x12f\n"
      "example.com/app.(*Worker%d).Run(0x%x)\n\t/src/app/worker.go:%d +0x8a\n"
      "created by example.com/app.Start in goroutine %d\n\t/src/app/start.go:75 +0x96\n\n",
      i, kReasons[kind], i % 700 + 1, kind, address, address + 8, 60 + kind, kind, address,
      80 + kind, i / 50 + 1);
}

// Gives out a text in bites, as a pipe does.
ReadMore FromText(const std::string& text, size_t bite) {
  return [&text, bite, at = size_t{0}](char* buffer, size_t size) mutable {
    const size_t count = std::min({size, bite, text.size() - at});
    std::memcpy(buffer, text.data() + at, count);
    at += count;
    return absl::StatusOr<size_t>(count);
  };
}

std::string Describe(const Snapshot& snapshot, const std::vector<Group>& groups) {
  std::string out;
  for (const Group& g : groups) {
    absl::StrAppend(&out, g.count, " ", g.status, " ", g.wait_min_ns, " ", g.wait_median_ns, " ",
                    g.wait_max_ns, " parent ", g.parent_id, " ids ", g.ids.size(), ":");
    for (const StackId stack : {g.stack, g.creation_stack}) {
      if (stack == kNoStack) continue;
      for (const FrameId id : snapshot.stacks[stack].frames) {
        const Frame& frame = snapshot.frames[id];
        absl::StrAppend(&out, " ", frame.function, "@", frame.file, ":", frame.line);
      }
    }
    absl::StrAppend(&out, "\n");
  }
  return out;
}

std::string Dump(uint64_t goroutines) {
  std::string text = "SIGQUIT: quit\n\n";
  for (uint64_t i = 1; i <= goroutines; ++i) text += Block(i);
  return text;
}

TEST(ReadGroups, GivesTheGroupsOfTheWhole) {
  const std::string text = Dump(3000);
  const auto whole = Read(text, "dump");
  ASSERT_TRUE(whole.ok());
  for (const size_t piece : {size_t{1}, size_t{1000}, size_t{65536}, size_t{1} << 24}) {
    const auto grouped = ReadGroups(FromText(text, 777), "dump", {.piece = piece});
    ASSERT_TRUE(grouped.ok()) << grouped.status();
    EXPECT_EQ(Describe(grouped->snapshot, grouped->groups),
              Describe(*whole, GroupGoroutines(*whole)))
        << piece;
    EXPECT_EQ(grouped->snapshot.preamble, "SIGQUIT: quit");
    EXPECT_EQ(grouped->snapshot.live, 3000u);
    EXPECT_FALSE(grouped->snapshot.truncated);
    EXPECT_THAT(grouped->snapshot.notes, ::testing::IsEmpty());
  }
}

// Everything that is kept of a goroutine, and the frames of its stacks.
std::string Describe(const Snapshot& snapshot) {
  std::ostringstream json;
  Snapshot unnumbered = snapshot;
  unnumbered.frames.clear();
  unnumbered.stacks.clear();
  for (Goroutine& g : unnumbered.goroutines) {
    for (StackId* stack : {&g.stack, &g.creation_stack}) {
      if (*stack == kNoStack) continue;
      for (const FrameId id : snapshot.stacks[*stack].frames) {
        const Frame& frame = snapshot.frames[id];
        absl::StrAppend(&g.stack_note, " ", frame.function, "@", frame.file, ":", frame.line);
      }
      *stack = kNoStack;
    }
  }
  Write(unnumbered, Format::kJson, json);
  return json.str();
}

TEST(ReadInPieces, GivesWhatReadGives) {
  const std::string text = Dump(3000);
  const auto whole = Read(text, "dump");
  ASSERT_TRUE(whole.ok());
  for (const size_t piece : {size_t{1}, size_t{1000}, size_t{65536}, size_t{1} << 24}) {
    const auto joined = ReadInPieces(FromText(text, 777), "dump", piece);
    ASSERT_TRUE(joined.ok()) << joined.status();
    EXPECT_EQ(Describe(*joined), Describe(*whole)) << piece;
    EXPECT_EQ(joined->stacks.size(), whole->stacks.size()) << piece;
  }
}

TEST(ReadInPieces, KeepsOneStackForGoroutinesThatDifferInTheirArguments) {
  const std::string text = Dump(3000);
  const auto joined = ReadInPieces(FromText(text, 777), "dump", 1000);
  ASSERT_TRUE(joined.ok());
  EXPECT_EQ(joined->stacks.size(), 5u);  // four kinds, one creator
  EXPECT_NE(joined->goroutines[0].arguments, joined->goroutines[4].arguments);
}

TEST(ReadInPieces, SaysThatTheInputHoldsSeveralDumps) {
  const std::string text = Dump(300) + Dump(300);
  const auto joined = ReadInPieces(FromText(text, 777), "dump", 1000);
  ASSERT_TRUE(joined.ok());
  EXPECT_THAT(joined->notes,
              ::testing::Contains(::testing::HasSubstr("300 goroutines appear more")));
}

// Whatever the snapshot's tables are: what is not cut is not put together again either.
TEST(ReadInPieces, LosesNothingOfOtherForms) {
  const Snapshot snapshot = testing::RandomSnapshot(7);
  for (const Format format : {Format::kJson, Format::kWire}) {
    const std::string text = testing::Written(snapshot, format);
    const auto joined = ReadInPieces(FromText(text, 777), "dump", 1000);
    ASSERT_TRUE(joined.ok()) << joined.status();
    EXPECT_EQ(testing::Written(*joined, format), text) << ToString(format);
  }
}

TEST(ReadInPieces, FailsAsReadDoes) {
  for (const std::string text : {"", "hello\nworld\n"}) {
    const auto joined = ReadInPieces(FromText(text, 100), "in.txt");
    EXPECT_EQ(joined.status(), Read(text, "in.txt").status());
  }
}

TEST(ReadGroups, KeepsWhatItsFilterKeeps) {
  Filter filter;
  ASSERT_TRUE(filter.With("state=chan").ok());
  ASSERT_TRUE(filter.Without("function=Worker3").ok());
  const std::string text = Dump(3000);
  const auto grouped = ReadGroups(FromText(text, 777), "dump", {.piece = 1000, .filter = filter});
  ASSERT_TRUE(grouped.ok()) << grouped.status();
  ASSERT_EQ(grouped->groups.size(), 1u);
  EXPECT_EQ(grouped->groups[0].count, 750u);
  EXPECT_EQ(grouped->groups[0].status, "chan receive");
  EXPECT_EQ(grouped->snapshot.live, 3000u);
}

TEST(ReadGroups, SaysThatTheEndIsCut) {
  std::string text = Dump(500);
  text.resize(text.size() - 40);
  const auto grouped = ReadGroups(FromText(text, 4096), "dump", {.piece = 10000});
  ASSERT_TRUE(grouped.ok());
  EXPECT_TRUE(grouped->snapshot.truncated);
}

TEST(ReadGroups, ReadsOtherFormsWhole) {
  std::string text = "goroutine profile: total 300\n";
  for (int i = 1; i <= 300; ++i) {
    absl::StrAppend(&text, "1 @ 0x", absl::Hex(4096 + i), "\n#\t0x", absl::Hex(4095 + i),
                    "\tmain.f+0x1\t/src/main.go:", i, "\n\n");
  }
  const auto grouped = ReadGroups(FromText(text, 100), "dump", {.piece = 1000});
  ASSERT_TRUE(grouped.ok()) << grouped.status();
  EXPECT_EQ(grouped->snapshot.format, "text1");
  EXPECT_EQ(grouped->groups.size(), 300u);
}

TEST(ReadGroups, FailsAsReadDoes) {
  for (const std::string text : {"", "hello\nworld\n"}) {
    const auto grouped = ReadGroups(FromText(text, 100), "in.txt");
    EXPECT_EQ(grouped.status(), Read(text, "in.txt").status());
  }
}

// 200 MiB, made while it is read; the whole would take many times its size.
TEST(ReadGroups, TakesNoMemoryForWhatItHasGrouped) {
  constexpr size_t kSize = size_t{200} << 20;
  std::string rest;
  uint64_t made = 0;
  size_t given = 0;
  const ReadMore more = [&](char* buffer, size_t size) -> absl::StatusOr<size_t> {
    while (rest.size() < size && given + rest.size() < kSize) rest += Block(++made);
    const size_t count = std::min(size, rest.size());
    std::memcpy(buffer, rest.data(), count);
    rest.erase(0, count);
    given += count;
    return count;
  };
  const auto grouped = ReadGroups(more, "made");
  ASSERT_TRUE(grouped.ok()) << grouped.status();
  EXPECT_EQ(grouped->groups.size(), 4u);
  EXPECT_EQ(grouped->snapshot.live, made);
  struct rusage usage {};
  ASSERT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  EXPECT_LT(usage.ru_maxrss, 300 << 10) << "KiB";
}

}  // namespace
}  // namespace muster::inspector
