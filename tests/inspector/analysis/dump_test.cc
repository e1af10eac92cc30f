// Verdicts on Go's dumps, which name no objects: the shapes of dumps that people posted, and what
// may and may not be said of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::Planted;
using planted::Rules;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kMinute = 60'000'000'000;

// A grouped dump (debug=1): buckets of counts and stacks, no ids, no reasons.
class Grouped : public Planted {
 public:
  Grouped() { snapshot.format = "text1"; }
  void Bucket(uint64_t count, const std::vector<std::string>& frames) {
    Goroutine g;
    g.count = count;
    g.state = State::kWaiting;
    g.stack = Stack(frames);
    snapshot.goroutines.push_back(std::move(g));
  }
};

TEST(Leaked, IsProvenWhereGoSaysSo) {
  Planted p;
  p.snapshot.format = "text2";
  p.Sends(7, 0).status_flags = "(leaked)";
  p.Sends(8, 0);  // the same state, but a global variable reaches its channel
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("leaked"));
  EXPECT_EQ(findings[0].certainty, Certainty::kProven);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u));
  EXPECT_THAT(findings[0].explanation, HasSubstr("waits in chan send at work.cc:7"));
}

TEST(Unreachable, IsProvenWhereTheProcessHasSearchedItsMemory) {
  Planted p;
  p.snapshot.reachability_searched = true;
  p.Sends(7, 0x100).status_flags = "(leaked)";
  p.Sends(8, 0x200);  // something reaches this one's channel
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("unreachable"));
  EXPECT_EQ(findings[0].certainty, Certainty::kProven);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(7u));
  EXPECT_THAT(findings[0].objects, ElementsAre(0x100u));
  EXPECT_THAT(findings[0].explanation, HasSubstr("waits in chan send at work.cc:7"));
}

TEST(LeakUnit, SeesThreeBucketsOfTheSameCountAsOneLeak) {
  Grouped p;
  p.Bucket(281, {"prometheus.computeApproximateRequestSize@http.go:187"});
  p.Bucket(281, {"prometheus.(*registry).writePB@registry.go:425"});
  p.Bucket(281,
           {"sync.runtime_Semacquire@sema.go:47", "prometheus.(*registry).work@registry.go:9"});
  p.Bucket(484, {"internal/poll.runtime_pollWait@netpoll.go:222", "net.(*conn).Read@net.go:182"});
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("leak-unit"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_EQ(findings[0].count, 843u);
  EXPECT_EQ(findings[0].explanation,
            "843 goroutines of 1327 (63.5%) stand in equal numbers, which looks like one leak of "
            "281 units: 281 in prometheus.computeApproximateRequestSize at http.go:187, 281 in "
            "prometheus.(*registry).writePB at registry.go:425 and 281 in "
            "prometheus.(*registry).work at registry.go:9.");
}

TEST(LeakUnit, ForgivesTheFewThatComeAndGo) {
  Grouped p;
  p.Bucket(869, {"net/http.(*persistConn).writeLoop@transport.go:1"});
  p.Bucket(866, {"net/http.(*persistConn).readLoop@transport.go:2"});
  p.Bucket(44, {"main.other@main.go:3"});
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("leak-unit"));
}

TEST(LeakUnit, SeesWholeRatios) {
  Grouped p;
  p.Bucket(200, {"main.reader@main.go:1"});
  p.Bucket(100, {"main.writer@main.go:2"});
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("leak-unit"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("one leak of 100 units"));
}

TEST(LeakUnit, LeavesIdleConnectionsAlone) {
  Grouped p;
  p.Bucket(300, {"internal/poll.runtime_pollWait@netpoll.go:222", "net/http.(*conn).serve@s.go:1"});
  p.Bucket(300, {"internal/poll.runtime_pollWait@netpoll.go:222", "net/http.background@s.go:2"});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LeakUnit, LeavesSmallAndUnequalCountsAlone) {
  Grouped p;
  p.Bucket(49, {"main.a@main.go:1"});
  p.Bucket(49, {"main.b@main.go:2"});
  p.Bucket(131, {"main.c@main.go:3"});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LeakUnit, LeavesASmallShareAlone) {
  Grouped p;
  p.Bucket(50, {"main.a@main.go:1"});
  p.Bucket(50, {"main.b@main.go:2"});
  p.Bucket(947, {"internal/poll.runtime_pollWait@netpoll.go:222"});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(LeakUnit, IsNotForSnapshotsThatHaveIds) {
  Planted p;
  p.Running(1);
  for (uint64_t id = 2; id < 202; ++id) {
    p.Receives(id, id % 2 == 0 ? 0xa0 : 0xb0).stack =
        p.Stack({id % 2 == 0 ? "A@a.cc:1" : "B@b.cc:2"});
  }
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(PileUpInADump, IsOneBucketOfAThirdOfAll) {
  Grouped p;
  p.Bucket(36222, {"grpc/transport.(*recvBufferReader).Read@transport.go:143"});
  p.snapshot.live = 108805;
  p.snapshot.truncated = true;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("pile-up"));
  EXPECT_THAT(findings[0].explanation, HasSubstr("36222 goroutines of 108805 (33.3%)"));
}

TEST(PileUpInADump, IsNotOneOfALesserShare) {
  Grouped p;
  p.Bucket(2900, {"main.a@main.go:1"});
  p.snapshot.live = 10000;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(Dump, OfAFewGoroutinesHasNoFinding) {
  Grouped p;
  p.Bucket(2, {"main.a@main.go:1"});
  p.Bucket(2, {"main.b@main.go:2"});
  p.Bucket(1, {"main.main@main.go:3"});
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(Dump, IsNotJudgedByLongWaitsAlone) {
  Planted p;
  p.snapshot.format = "text2";
  p.Waiting(37, "IO wait").wait_ns = 143940 * kMinute;
  p.Waiting(38, "select").wait_ns = 143940 * kMinute;
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

// A method that was called back into its own receiver and waits for a lock inside it.
class CalledBack : public Planted {
 public:
  CalledBack() {
    snapshot.format = "text2";
    Waiting(124300, "semacquire", {{0, ObjectKind::kRWMutex, Direction::kRead}}).wait_ns =
        8 * kMinute;
    last().stack =
        Stack({"sync.runtime_SemacquireMutex@sema.go:71", "sync.(*RWMutex).RLock@rw.go:63",
               "server.(*stream).ackMsg@stream.go:3296",
               "server.(*consumer).processAckMsg@consumer.go:1616",
               "server.(*stream).storeUpdates@stream.go:2346"});
    Argument(0, "0xc0000cdb8c, 0xc000c26000, 0x0");
    Argument(1, "...");
    Argument(2, "0xc0000cdb80, 0xc008278a80, 0x690");
    Argument(3, "0xc008278a80, 0x690");
    Argument(4, "0xc0000cdb80, 0xffffffffffffffff");
  }
  void Argument(size_t depth, const std::string& arguments) {
    std::vector<std::string> lines = absl::StrSplit(last().arguments, '\n');
    if (lines.size() <= depth) lines.resize(depth + 1);
    lines[depth] = arguments;
    last().arguments = absl::StrJoin(lines, "\n");
  }
};

// A wait of minutes for a lock is worth a word in any case; here it is who may hold it.
TEST(ReentrantLock, IsSuspectedWhenAMethodIsCalledBackIntoItsReceiver) {
  CalledBack p;
  const auto findings = p.Analyze();
  ASSERT_THAT(Rules(findings), ElementsAre("self-deadlock"));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_THAT(findings[0].objects, ElementsAre(0xc0000cdb8cu));
  EXPECT_THAT(findings[0].explanation,
              HasSubstr("goroutine 124300 waits in server.(*stream).ackMsg at stream.go:3296 for "
                        "the lock at 0xc0000cdb8c inside its receiver, and is itself called from "
                        "server.(*stream).storeUpdates at stream.go:2346"));
}

TEST(ReentrantLock, IsNoneWhenTheLockIsAnotherObjects) {
  CalledBack p;
  p.Argument(0, "0xc000fff000, 0x0, 0x0");
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("stalled-lock"));
}

TEST(ReentrantLock, IsNoneWhenTheCallerIsAnotherObjectOfTheType) {
  CalledBack p;
  p.Argument(4, "0xc0000aaa80");
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("stalled-lock"));
}

TEST(ReentrantLock, IsNoneForAShortWait) {
  CalledBack p;
  p.last().wait_ns.reset();
  EXPECT_THAT(p.Analyze(), IsEmpty());
}

TEST(ReentrantLock, IsNoneForAnEverydayCallWithinOneObject) {
  CalledBack p;
  p.snapshot.frames[p.snapshot.stacks[p.last().stack].frames[3]].function =
      "server.(*stream).processAckMsg";
  p.Argument(3, "0xc0000cdb80");
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("stalled-lock"));
}

TEST(ReentrantLock, DoesNotTrustAStaleArgument) {
  CalledBack p;
  p.Argument(2, "0xc0000cdb80?");
  EXPECT_THAT(Rules(p.Analyze()), ElementsAre("stalled-lock"));
}

}  // namespace
}  // namespace muster::inspector
