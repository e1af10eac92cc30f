// Inputs that are cut or damaged: never a crash, and a cut is reported.
#include <gtest/gtest.h>

#include <random>

#include "tests/inspector/formats/random_snapshot.h"

namespace muster::inspector::testing {
namespace {

constexpr const char* kSamples[] = {
    "debug1-no-hash.txt",   "docker-mixed.txt",    "go119-debug0.pb.gz",   "go119-debug1.txt",
    "go119-debug2.txt",     "json-records.txt",    "journald-escaped.txt", "k8s-timestamps.txt",
    "mail-quoted-crlf.txt", "modern-headers.txt",  "old-semacquire.txt",   "panicparse.txt",
    "quoted-table.txt",     "terminal-wrapped.txt"};

// What a reader must hold to whatever the input: indexes that exist, and an error with a text.
void ExpectSound(const absl::StatusOr<Snapshot>& result) {
  if (!result.ok()) {
    EXPECT_GT(result.status().message().size(), std::string_view("x: ").size());
    return;
  }
  const auto is_stack = [&](StackId id) { return id == kNoStack || id < result->stacks.size(); };
  for (const Stack& stack : result->stacks) {
    for (const FrameId id : stack.frames) ASSERT_LT(id, result->frames.size());
  }
  for (const Goroutine& goroutine : result->goroutines) {
    ASSERT_TRUE(is_stack(goroutine.stack));
    ASSERT_TRUE(is_stack(goroutine.creation_stack));
  }
  // Whatever was read can be written again.
  for (const Format format :
       {Format::kText1, Format::kText2, Format::kProto, Format::kJson, Format::kWire}) {
    ASSERT_FALSE(Written(*result, format).empty() && !result->goroutines.empty());
  }
}

class Damage : public ::testing::TestWithParam<const char*> {};

TEST_P(Damage, CutAnywhereNeverCrashes) {
  const std::string whole = GoDump(GetParam());
  for (size_t size = 0; size <= whole.size(); ++size)
    ExpectSound(Read(whole.substr(0, size), "cut"));
}

TEST_P(Damage, MutationsNeverCrash) {
  const std::string whole = GoDump(GetParam());
  std::mt19937_64 random(11);
  for (int round = 0; round < 400; ++round) {
    std::string text = whole;
    for (uint64_t edits = 1 + random() % 6; edits > 0; --edits) {
      const size_t at = random() % (text.size() + 1);
      const size_t length = random() % 20;
      switch (random() % 4) {
        case 0:
          if (at < text.size()) text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(random() % (text.size() + 1), length));
          break;
        default:
          text.insert(at, std::string_view("(){}[]\"\\\n\t: @#0x+|").substr(random() % 17, 2));
      }
    }
    ExpectSound(Read(text, "mutated"));
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, Damage, ::testing::ValuesIn(kSamples));

TEST(Damage, MutatedOwnFormsNeverCrash) {
  std::mt19937_64 random(13);
  for (const Format format : {Format::kJson, Format::kWire, Format::kProto, Format::kText1}) {
    const std::string whole = Written(RandomSnapshot(3), format);
    for (int round = 0; round < 300; ++round) {
      std::string bytes = whole;
      for (uint64_t edits = 1 + random() % 4; edits > 0; --edits) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      ExpectSound(Read(bytes, "mutated"));
    }
  }
}

bool IsReported(const absl::StatusOr<Snapshot>& result) {
  return !result.ok() || result->truncated;
}

TEST(Truncation, OfOwnFormsIsReportedAtEveryByte) {
  Snapshot snapshot = RandomSnapshot(5);
  for (const Format format : {Format::kWire, Format::kJson, Format::kProto}) {
    const std::string whole = Written(snapshot, format);
    ASSERT_FALSE(IsReported(Read(whole, "whole"))) << ToString(format);
    // JSON ends in a line end that says nothing.
    const size_t end = whole.size() - (format == Format::kJson ? 1 : 0);
    for (size_t size = 0; size < end; ++size) {
      EXPECT_TRUE(IsReported(Read(whole.substr(0, size), "cut")))
          << ToString(format) << ' ' << size;
    }
  }
}

// A total stands first in debug=1: a cut in front of the last stack's frames cannot hide.
TEST(Truncation, OfText1IsReportedUpToTheLastStack) {
  const std::string whole = GoDump("go119-debug1.txt");
  ASSERT_FALSE(IsReported(Read(whole, "whole")));
  const size_t last_frame = whole.rfind("\n#\t");
  for (size_t size = 0; size < last_frame; ++size) {
    EXPECT_TRUE(IsReported(Read(whole.substr(0, size), "cut"))) << size;
  }
}

// debug=2 has no total. A cut is seen unless it falls exactly behind a goroutine, or within the
// offset in the goroutine's last line.
TEST(Truncation, OfText2IsReportedWithinEveryGoroutine) {
  const std::string whole = GoDump("go119-debug2.txt");
  ASSERT_FALSE(IsReported(Read(whole, "whole")));
  for (size_t size = 1; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    const size_t line = cut.rfind('\n', cut.size() - 2) + 1;
    const size_t end_of_block = whole.find("\n\n", line == 0 ? 0 : line - 1);
    const bool in_last_line = whole.find('\n', line) == std::min(end_of_block, whole.size() - 1);
    const bool behind_offset = cut.find(" +0x", line) + 4 < cut.size();
    if (in_last_line && behind_offset) continue;
    if (cut.ends_with("\n\n")) continue;
    EXPECT_TRUE(IsReported(Read(cut, "cut")))
        << "cut at " << size << ": ..." << cut.substr(size > 60 ? size - 60 : 0);
  }
}

TEST(Truncation, KeepsTheGoroutinesOfACutWireSnapshot) {
  Snapshot snapshot = RandomSnapshot(5);
  const std::vector<Goroutine> some = snapshot.goroutines;
  while (snapshot.goroutines.size() < 10000) {
    snapshot.goroutines.insert(snapshot.goroutines.end(), some.begin(), some.end());
  }
  const std::string whole = Written(snapshot, Format::kWire);
  const auto cut = Read(whole.substr(0, whole.size() * 3 / 4), "cut");
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_TRUE(cut->truncated);
  EXPECT_GT(cut->goroutines.size(), 1000u);
}

}  // namespace
}  // namespace muster::inspector::testing
