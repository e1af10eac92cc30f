// Which goroutines a filter keeps.
#include "muster/inspector/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::kSecond;
using planted::Planted;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// 1 runs; 2 waits for a lock that 1 holds; 3 sends and has a label; 4 sleeps and is old.
class Town : public Planted {
 public:
  Town() {
    Running(1).stack = Stack({"muster::Chan<int>::Send@chan.h:1", "Mayor@town/hall.cc:3"});
    WaitsForMutex(2, 0xa0).wait_ns = kSecond;
    Mutex(0xa0, 1);
    Waiting(3, "chan send", {{0xc0, ObjectKind::kChan, Direction::kSend}}).labels = {
        {"test", "Town.Wakes"}, {"tenant", "7"}};
    last().parent_id = 2;
    last().creation_stack = Stack({"Bake@town/bakery.cc:9"});
    Waiting(4, "sleep").age_ns = 100 * kSecond;
    last().wait_ns = 90 * kSecond;
  }
};

Filter With(const std::vector<std::string>& conditions) {
  Filter filter;
  for (const std::string& condition : conditions) EXPECT_TRUE(filter.With(condition).ok());
  return filter;
}

std::vector<uint64_t> Kept(const Filter& filter) {
  Town town;
  ApplyFilter(filter, &town.snapshot);
  std::vector<uint64_t> ids;
  for (const Goroutine& goroutine : town.snapshot.goroutines) ids.push_back(goroutine.id);
  return ids;
}

TEST(Filter, KeepsEverythingWithoutConditions) { EXPECT_THAT(Kept({}), ElementsAre(1, 2, 3, 4)); }

TEST(Filter, StateIsTheReasonsBeginningOrTheStatesName) {
  EXPECT_THAT(Kept(With({"state=chan"})), ElementsAre(3));
  EXPECT_THAT(Kept(With({"state=waiting"})), ElementsAre(2, 3, 4));
  EXPECT_THAT(Kept(With({"state=running"})), ElementsAre(1));
  EXPECT_THAT(Kept(With({"state=send"})), IsEmpty());
}

TEST(Filter, LabelIsAKeyOrAKeyWithItsValue) {
  EXPECT_THAT(Kept(With({"label=test"})), ElementsAre(3));
  EXPECT_THAT(Kept(With({"label=tenant=7"})), ElementsAre(3));
  EXPECT_THAT(Kept(With({"label=tenant=8"})), IsEmpty());
}

TEST(Filter, FunctionAndFileAreLookedForOnTheStack) {
  EXPECT_THAT(Kept(With({"function=Mayor"})), ElementsAre(1));
  EXPECT_THAT(Kept(With({"function=Chan<int>"})), ElementsAre(1));
  EXPECT_THAT(Kept(With({"file=town/"})), ElementsAre(1));
  EXPECT_THAT(Kept(With({"function=Bake"})), IsEmpty());  // it is on a creation stack only
}

TEST(Filter, CreatorIsAFunctionOrAGoroutine) {
  EXPECT_THAT(Kept(With({"creator=Bake"})), ElementsAre(3));
  EXPECT_THAT(Kept(With({"creator=2"})), ElementsAre(3));
}

TEST(Filter, ObjectIsWhatIsWaitedForOrHeld) {
  EXPECT_THAT(Kept(With({"object=0xa0"})), ElementsAre(1, 2));
  EXPECT_THAT(Kept(With({"object=c0"})), ElementsAre(3));
}

TEST(Filter, AgeAndWaitAreLongerOrShorter) {
  EXPECT_THAT(Kept(With({"age>1m"})), ElementsAre(4));
  EXPECT_THAT(Kept(With({"wait>4s"})), ElementsAre(3, 4));
  EXPECT_THAT(Kept(With({"wait<2s"})), ElementsAre(2));  // 1 does not wait
}

TEST(Filter, UnknownAgeMeetsNothing) {
  Town town;
  for (Goroutine& goroutine : town.snapshot.goroutines) goroutine.age_ns = 0;
  ApplyFilter(With({"age<1h"}), &town.snapshot);
  EXPECT_THAT(town.snapshot.goroutines, IsEmpty());
}

TEST(Filter, OneOfEachKeyMustBeMet) {
  EXPECT_THAT(Kept(With({"id=2", "id=4"})), ElementsAre(2, 4));
  EXPECT_THAT(Kept(With({"id=2", "id=4", "state=sleep"})), ElementsAre(4));
}

TEST(Filter, WithoutLeavesOut) {
  Filter filter = With({"state=waiting"});
  ASSERT_TRUE(filter.Without("state=sleep").ok());
  ASSERT_TRUE(filter.Without("id=2").ok());
  EXPECT_THAT(Kept(filter), ElementsAre(3));
}

TEST(Filter, SaysOfHowManyItKeptSome) {
  Town town;
  town.snapshot.live = 0;  // a dump of Go's
  ApplyFilter(With({"id=2"}), &town.snapshot);
  EXPECT_EQ(town.snapshot.live, 4u);
}

TEST(Filter, KeepsFindingsAboutWhomItKeeps) {
  Town town;
  std::vector<Finding> findings(3);
  findings[0].goroutines = {1, 2};
  findings[1].goroutines = {4};
  // The third names nobody, as those about grouped dumps do.
  KeepFindings(With({"id=2"}), town.snapshot, &findings);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_THAT(findings[0].goroutines, ElementsAre(1, 2));
  EXPECT_THAT(findings[1].goroutines, IsEmpty());
}

TEST(Filter, MistakesSayWhatConditionsThereAre) {
  Filter filter;
  for (const char* wrong : {"sleep", "colour=red", "age=5m", "wait>soon", "state>5m", "object=xyz",
                            "id=seven", "state=", "=x", ""}) {
    const absl::Status status = filter.With(wrong);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_THAT(std::string(status.message()), HasSubstr("write state=")) << wrong;
  }
  EXPECT_TRUE(filter.empty());
}

}  // namespace
}  // namespace muster::inspector
