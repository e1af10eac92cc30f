// What is written is read back, as far as each form can carry it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/inspector/formats/random_snapshot.h"

namespace muster::inspector::testing {
namespace {

constexpr int64_t kMinuteNs = 60'000'000'000;

Snapshot ReadBack(const Snapshot& snapshot, Format format) {
  auto result = Read(Written(snapshot, format), "test");
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : Snapshot();
}

class RoundTrip : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RoundTrip, WireLosesNothing) {
  const Snapshot snapshot = RandomSnapshot(GetParam());
  const Snapshot back = ReadBack(snapshot, Format::kWire);
  EXPECT_EQ(Describe(back), Describe(snapshot));
  EXPECT_EQ(back.source, snapshot.source);
  EXPECT_EQ(back.format, snapshot.format);
  EXPECT_EQ(back.frames, snapshot.frames);
  EXPECT_EQ(back.stacks, snapshot.stacks);
  EXPECT_EQ(back.resources, snapshot.resources);
  EXPECT_EQ(back.lock_orders, snapshot.lock_orders);
  EXPECT_EQ(back.mappings, snapshot.mappings);
}

TEST_P(RoundTrip, JsonLosesNothing) {
  const Snapshot snapshot = RandomSnapshot(GetParam());
  const Snapshot back = ReadBack(snapshot, Format::kJson);
  EXPECT_EQ(Describe(back), Describe(snapshot));
  EXPECT_EQ(back.source, snapshot.source);
  EXPECT_EQ(back.format, snapshot.format);
  EXPECT_EQ(back.frames, snapshot.frames);
  EXPECT_EQ(back.stacks, snapshot.stacks);
  EXPECT_EQ(back.resources, snapshot.resources);
  EXPECT_EQ(back.lock_orders, snapshot.lock_orders);
  EXPECT_EQ(back.mappings, snapshot.mappings);
}

// debug=2 knows no addresses, labels, objects, ages or threads; a wait is whole minutes, and the
// kind of what is waited on follows from the reason.
TEST_P(RoundTrip, Text2KeepsHeadersStacksAndCreators) {
  Snapshot snapshot = RandomSnapshot(GetParam());
  Snapshot back = ReadBack(snapshot, Format::kText2);
  EXPECT_EQ(back.notes, snapshot.notes);
  EXPECT_EQ(back.preamble, snapshot.preamble);
  EXPECT_FALSE(back.truncated);
  ASSERT_EQ(back.goroutines.size(), snapshot.goroutines.size());
  for (size_t i = 0; i < snapshot.goroutines.size(); ++i) {
    const Goroutine& want = snapshot.goroutines[i];
    const Goroutine& got = back.goroutines[i];
    SCOPED_TRACE(want.id);
    EXPECT_EQ(got.id, want.id);
    EXPECT_EQ(got.state, want.state);
    EXPECT_EQ(got.reason, want.reason);
    EXPECT_EQ(got.status_flags, want.status_flags);
    EXPECT_EQ(got.locked_to_thread, want.locked_to_thread);
    EXPECT_EQ(got.wait_ns.value_or(0) / kMinuteNs, want.wait_ns.value_or(0) / kMinuteNs);
    const auto same_stack = [&](StackId a, StackId b) {
      ASSERT_EQ(a == kNoStack, b == kNoStack);
      if (a == kNoStack) return;
      const auto& got_frames = back.stacks[a].frames;
      const auto& want_frames = snapshot.stacks[b].frames;
      ASSERT_EQ(got_frames.size(), want_frames.size());
      for (size_t k = 0; k < got_frames.size(); ++k) {
        const Frame& x = back.frames[got_frames[k]];
        const Frame& y = snapshot.frames[want_frames[k]];
        EXPECT_EQ(x.function, y.function);
        EXPECT_EQ(x.file, y.file);
        EXPECT_EQ(x.line, y.line);
        EXPECT_EQ(x.function_offset, y.function_offset);
      }
    };
    same_stack(got.stack, want.stack);
    EXPECT_EQ(back.stacks[got.stack].elided, snapshot.stacks[want.stack].elided);
    if (!want.arguments.empty()) {
      EXPECT_EQ(got.arguments, want.arguments);
    }
    same_stack(got.creation_stack, want.creation_stack);
    if (want.creation_stack != kNoStack) {
      EXPECT_EQ(got.parent_id, want.parent_id);
    }
  }
  // Writing what was read gives the same text again.
  EXPECT_EQ(Written(back, Format::kText2), Written(snapshot, Format::kText2));
}

// A group's key in debug=1 and proto: what both can carry of a goroutine.
std::string GroupKey(const Snapshot& snapshot, const Goroutine& goroutine, bool whole_creation) {
  std::string key = goroutine.reason + '|' + goroutine.status_flags + '|' +
                    std::to_string(static_cast<int>(goroutine.state));
  for (const auto& [name, value] : goroutine.labels) key += "{" + name + "=" + value + "}";
  const auto add = [&](StackId id, bool whole, bool addresses) {
    key += " stack";
    if (id == kNoStack) return;
    for (const FrameId frame_id : snapshot.stacks[id].frames) {
      const Frame& frame = snapshot.frames[frame_id];
      if (addresses) key += ' ' + std::to_string(frame.pc) + ' ' + frame.module;
      key += ' ' + frame.function + ' ' + frame.file + ':' + std::to_string(frame.line);
      if (!whole) return;
    }
  };
  add(goroutine.stack, true, true);
  add(goroutine.creation_stack, whole_creation, false);
  return key;
}

std::map<std::string, uint64_t> Groups(const Snapshot& snapshot, bool whole_creation) {
  std::map<std::string, uint64_t> groups;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    groups[GroupKey(snapshot, goroutine, whole_creation)] += goroutine.count;
  }
  return groups;
}

TEST_P(RoundTrip, Text1KeepsGroupsWithStateLabelsAndCreationStack) {
  const Snapshot snapshot = RandomSnapshot(GetParam());
  const Snapshot back = ReadBack(snapshot, Format::kText1);
  EXPECT_EQ(Groups(back, true), Groups(snapshot, true));
  EXPECT_EQ(back.total(), snapshot.total());
  EXPECT_EQ(back.notes, snapshot.notes);
  EXPECT_FALSE(back.truncated);
  EXPECT_EQ(back.mappings.size(), snapshot.mappings.size());
}

TEST_P(RoundTrip, ProtoKeepsGroupsWithStateLabelsAndCreator) {
  const Snapshot snapshot = RandomSnapshot(GetParam());
  const Snapshot back = ReadBack(snapshot, Format::kProto);
  EXPECT_EQ(Groups(back, false), Groups(snapshot, false));
  EXPECT_EQ(back.total(), snapshot.total());
  EXPECT_EQ(back.notes, snapshot.notes);
  EXPECT_EQ(back.mappings, snapshot.mappings);
  EXPECT_EQ(back.taken_unix_ns, snapshot.taken_unix_ns);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, ::testing::Range(uint64_t{1}, uint64_t{21}));

TEST(RoundTripOfInlinedFrames, Text1AndProtoKeepThemApartFromTheirCaller) {
  Snapshot snapshot;
  snapshot.frames.resize(3);
  for (Frame& frame : snapshot.frames) frame.pc = 0x401000;
  snapshot.frames[0].function = "app::Inner";
  snapshot.frames[0].inlined = true;
  snapshot.frames[1].function = "app::Outer";
  snapshot.frames[2].pc = 0x402000;
  snapshot.frames[2].function = "app::main";
  for (Frame& frame : snapshot.frames) frame.file = "/src/a.cc";
  snapshot.stacks = {{{0, 1, 2}, 0}};
  Goroutine goroutine;
  goroutine.id = 1;
  goroutine.stack = 0;
  goroutine.state = State::kRunning;
  snapshot.goroutines = {goroutine};
  for (const Format format : {Format::kText1, Format::kProto}) {
    const Snapshot back = ReadBack(snapshot, format);
    ASSERT_EQ(back.stacks.size(), 1u) << ToString(format);
    std::vector<std::pair<std::string, bool>> got;
    for (const FrameId id : back.stacks[0].frames) {
      got.emplace_back(back.frames[id].function, back.frames[id].inlined);
    }
    EXPECT_THAT(
        got, ::testing::ElementsAre(std::pair("app::Inner", true), std::pair("app::Outer", false),
                                    std::pair("app::main", false)))
        << ToString(format);
  }
}

}  // namespace
}  // namespace muster::inspector::testing
