// Dumps of this process: what is made piece by piece or in groups says what a whole snapshot says.
#include "inspector/capture/self_dump.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "muster/inspector/capture.h"
#include "muster/inspector/formats.h"
#include "muster/muster.h"

namespace muster::inspector {
namespace {

constexpr int kWaiting = 2000;

__attribute__((noinline)) void WaitsInside(const Chan<int>& gate) {
  gate.Recv();
  __asm__ volatile("" ::: "memory");
}

// Goroutines that wait at two places for good, and nothing else.
class SelfDump : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static bool done = false;  // for good, also when the tests are repeated
    if (std::exchange(done, true)) return;
    setenv("MUSTER_ENDPOINT", "off", 1);
    const auto never = MakeChan<int>();
    for (int i = 0; i < kWaiting / 2; ++i) {
      Go([never] { never.Recv(); });
      Go([never] { WaitsInside(never); });
    }
    const auto waits = [](const record::Group& g) {
      return g.reason == record::WaitReason::kChanReceive;
    };
    for (bool all = false; !all; runtime::Gosched()) {
      uint64_t waiting = 0;
      for (const record::Group& g : record::CaptureGroups().groups)
        waiting += waits(g) ? g.count : 0;
      all = waiting == kWaiting;
    }
  }
};

std::string Whole(Format format, size_t* pieces) {
  std::string out;
  const auto dump = DumpSelf(format);
  *pieces = 1;
  while (dump->AppendPiece(&out)) ++*pieces;
  return out;
}

// The goroutines' texts in the order of their ids.
std::vector<std::string> Blocks(const std::string& text) {
  std::vector<std::string> blocks;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find("\n\n", at), text.size());
    blocks.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  // The last one ends with its line, not with an empty one.
  if (!blocks.empty() && blocks.back().ends_with("\n")) blocks.back().pop_back();
  const auto id = [](const std::string& block) { return std::stoull(block.substr(10)); };
  std::sort(blocks.begin(), blocks.end(),
            [&](const std::string& a, const std::string& b) { return id(a) < id(b); });
  return blocks;
}

TEST_F(SelfDump, KnowsTheLineThatMadeAChannel) {
  const Snapshot snapshot = CaptureSelf();
  const auto never = std::find_if(snapshot.resources.begin(), snapshot.resources.end(),
                                  [](const Resource& r) { return r.kind == ObjectKind::kChan; });
  ASSERT_NE(never, snapshot.resources.end());
  ASSERT_NE(never->created_at, kNoStack);
  const std::vector<FrameId>& frames = snapshot.stacks[never->created_at].frames;
  EXPECT_TRUE(std::any_of(frames.begin(), frames.end(), [&](FrameId id) {
    return snapshot.frames[id].file.ends_with("self_dump_test.cc");
  }));
}

TEST_F(SelfDump, OfTextIsThatOfASnapshotInPieces) {
  size_t pieces = 0;
  const std::string streamed = Whole(Format::kText2, &pieces);
  EXPECT_GT(pieces, 1u);
  std::ostringstream whole;
  Write(CaptureSelf(), Format::kText2, whole);
  EXPECT_EQ(Blocks(streamed), Blocks(whole.str()));
  EXPECT_EQ(Blocks(streamed).size(), static_cast<size_t>(kWaiting));
}

// The lines that tell how long the waits are differ by the time between the two.
std::string WithoutWaits(const std::string& text) {
  return std::regex_replace(text, std::regex("# waiting: [^\n]*\n"), "");
}

TEST_F(SelfDump, OfGroupsIsThatOfASnapshot) {
  size_t pieces = 0;
  const std::string grouped = Whole(Format::kText1, &pieces);
  EXPECT_EQ(pieces, 1u);
  std::ostringstream whole;
  Write(CaptureSelf(), Format::kText1, whole);
  EXPECT_EQ(WithoutWaits(grouped), WithoutWaits(whole.str()));
  const std::regex waits("# waiting: min [^ ]+, median [^ ]+, max [^ ]+\n");
  EXPECT_EQ(std::distance(std::sregex_iterator(grouped.begin(), grouped.end(), waits), {}), 2);
}

TEST_F(SelfDump, OfTheProfileHasTheSameSamples) {
  size_t pieces = 0;
  const auto profile = Read(Whole(Format::kProto, &pieces), "profile");
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->total(), static_cast<uint64_t>(kWaiting));
  std::ostringstream whole;
  Write(CaptureSelf(), Format::kProto, whole);
  const auto expected = Read(whole.str(), "snapshot");
  ASSERT_TRUE(expected.ok()) << expected.status();
  ASSERT_EQ(profile->goroutines.size(), expected->goroutines.size());
  for (size_t i = 0; i < profile->goroutines.size(); ++i) {
    EXPECT_EQ(profile->goroutines[i].count, expected->goroutines[i].count);
    EXPECT_EQ(profile->goroutines[i].status(), expected->goroutines[i].status());
  }
}

TEST_F(SelfDump, OfEverythingHoldsEveryId) {
  size_t pieces = 0;
  const auto snapshot = Read(Whole(Format::kWire, &pieces), "wire");
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->total(), static_cast<uint64_t>(kWaiting));
  for (const Goroutine& g : snapshot->goroutines) EXPECT_NE(g.id, 0u);
}

}  // namespace
}  // namespace muster::inspector
