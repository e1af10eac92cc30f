// The history: what is kept, for how long, and what happens to files that are not ours.
#include "tools/musterd/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/tools/musterd/samples.h"
#include "tests/tools/process.h"

namespace muster::musterd {
namespace {

using ::muster::testing::ReadFile;
using ::muster::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::HasSubstr;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen({}); }

  void Reopen(const Retention& retention) {
    store_.reset();
    auto opened = Store::Open(path_, retention);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  void Record(const PollResult& result) {
    const absl::Status status = store_->Record(result);
    ASSERT_TRUE(status.ok()) << status;
  }

  std::vector<StoredFinding> Findings(FindingState state) {
    FindingQuery query;
    query.state = state;
    auto page = store_->Findings(query);
    EXPECT_TRUE(page.ok()) << page.status();
    return page->findings;
  }

  PollResult WithFinding(absl::Time at, const std::string& fingerprint = "a") {
    PollResult result = SamplePoll(process_, at);
    result.findings.push_back(SampleFinding(fingerprint));
    return result;
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_ / "musterd.db";
  const Process process_ = SampleProcess(7);
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, KeepsTargetWithItsLastPoll) {
  Record(SamplePoll(process_, kStart));
  Record(SamplePoll(process_, kStart + absl::Seconds(10)));
  const auto targets = store_->Targets();
  ASSERT_TRUE(targets.ok()) << targets.status();
  ASSERT_EQ(targets->size(), 1u);
  const StoredTarget& target = targets->front();
  EXPECT_EQ(target.process, process_);
  EXPECT_EQ(target.process.target.command, "server");
  EXPECT_EQ(target.first_seen, kStart);
  EXPECT_EQ(target.last_seen, kStart + absl::Seconds(10));
  EXPECT_FALSE(target.gone.has_value());
  ASSERT_TRUE(target.last_poll.has_value());
  EXPECT_EQ(target.last_poll->live, 5u);
  EXPECT_EQ(target.last_poll->by_state.at("chan receive"), 3u);
}

TEST_F(StoreTest, FindingIsOpenFromFirstToLastSight) {
  Record(WithFinding(kStart));
  Record(WithFinding(kStart + absl::Seconds(10)));
  const auto open = Findings(FindingState::kOpen);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].first_seen, kStart);
  EXPECT_EQ(open[0].last_seen, kStart + absl::Seconds(10));
  EXPECT_EQ(open[0].certainty, "proven");
  EXPECT_EQ(open[0].count, 2u);
  EXPECT_THAT(open[0].detail, AllOf(HasSubstr("\"goroutines\":[7,8]"), HasSubstr("0xc0de")));
  EXPECT_EQ(open[0].report, "evidence");
}

TEST_F(StoreTest, FindingIsResolvedByAnAnswerWithoutIt) {
  Record(WithFinding(kStart));
  Record(SamplePoll(process_, kStart + absl::Seconds(10)));
  EXPECT_TRUE(Findings(FindingState::kOpen).empty());
  const auto resolved = Findings(FindingState::kResolved);
  ASSERT_EQ(resolved.size(), 1u);
  EXPECT_EQ(resolved[0].resolved, kStart + absl::Seconds(10));
  EXPECT_EQ(resolved[0].resolution, "not seen any more");
}

TEST_F(StoreTest, FindingIsNotResolvedByAPollWithoutAnswer) {
  Record(WithFinding(kStart));
  Record(FailedPoll(process_, kStart + absl::Seconds(10)));
  EXPECT_EQ(Findings(FindingState::kOpen).size(), 1u);
}

TEST_F(StoreTest, FindingThatComesBackIsANewOne) {
  Record(WithFinding(kStart));
  Record(SamplePoll(process_, kStart + absl::Seconds(10)));
  Record(WithFinding(kStart + absl::Seconds(20)));
  EXPECT_EQ(Findings(FindingState::kAll).size(), 2u);
  const auto open = Findings(FindingState::kOpen);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].first_seen, kStart + absl::Seconds(20));
}

TEST_F(StoreTest, EndOfTheProcessResolvesItsFindingsAndNoOthers) {
  const Process other = SampleProcess(8);
  Record(WithFinding(kStart));
  PollResult of_other = SamplePoll(other, kStart);
  of_other.findings.push_back(SampleFinding("a"));
  Record(of_other);
  ASSERT_TRUE(store_->MarkGone({other}, kStart + absl::Seconds(10)).ok());
  const auto resolved = Findings(FindingState::kResolved);
  ASSERT_EQ(resolved.size(), 1u);
  EXPECT_EQ(resolved[0].process, process_);
  EXPECT_EQ(resolved[0].resolution, "process ended");
  const auto targets = store_->Targets();
  ASSERT_EQ(targets->size(), 2u);
  EXPECT_FALSE((*targets)[0].gone.has_value());  // Running ones come first.
  EXPECT_EQ((*targets)[1].gone, kStart + absl::Seconds(10));
}

TEST_F(StoreTest, SamePidWithAnotherStartIsAnotherProcess) {
  Process reborn = process_;
  reborn.start_time += 500;
  Record(SamplePoll(process_, kStart));
  ASSERT_TRUE(store_->MarkGone({reborn}, kStart + absl::Seconds(1)).ok());
  Record(SamplePoll(reborn, kStart + absl::Seconds(2)));
  EXPECT_EQ(store_->Targets()->size(), 2u);
}

TEST_F(StoreTest, ReopeningKeepsEverything) {
  Record(WithFinding(kStart));
  Reopen({});
  Record(WithFinding(kStart + absl::Seconds(10)));
  EXPECT_EQ(store_->Targets()->size(), 1u);
  const auto open = Findings(FindingState::kOpen);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].first_seen, kStart);
  EXPECT_EQ(store_->History(7, 10)->size(), 2u);
}

TEST_F(StoreTest, HistoryIsNewestFirstAndLimited) {
  for (int i = 0; i < 5; ++i) Record(SamplePoll(process_, kStart + absl::Seconds(10 * i)));
  const auto polls = store_->History(7, 3);
  ASSERT_TRUE(polls.ok()) << polls.status();
  ASSERT_EQ(polls->size(), 3u);
  EXPECT_EQ((*polls)[0].at, kStart + absl::Seconds(40));
  EXPECT_EQ((*polls)[2].at, kStart + absl::Seconds(20));
  EXPECT_TRUE(store_->History(8, 3)->empty());
}

TEST_F(StoreTest, PagesOfFindingsSayWhetherThereIsMore) {
  PollResult result = SamplePoll(process_, kStart);
  for (const char* fingerprint : {"a", "b", "c"}) {
    result.findings.push_back(SampleFinding(fingerprint));
  }
  Record(result);
  FindingQuery query;
  query.limit = 2;
  const auto first = store_->Findings(query);
  ASSERT_EQ(first->findings.size(), 2u);
  EXPECT_TRUE(first->more);
  query.below_id = first->findings.back().id;
  const auto second = store_->Findings(query);
  EXPECT_EQ(second->findings.size(), 1u);
  EXPECT_FALSE(second->more);
}

TEST_F(StoreTest, OldPollsAndResolvedFindingsGoByAge) {
  Reopen({.keep_age = absl::Hours(1)});
  Record(WithFinding(kStart));
  Record(SamplePoll(process_, kStart + absl::Minutes(1)));
  const absl::Time later = kStart + absl::Hours(2);
  Record(SamplePoll(process_, later));
  ASSERT_TRUE(store_->Prune(later).ok());
  EXPECT_EQ(store_->History(7, 10)->size(), 1u);
  EXPECT_TRUE(Findings(FindingState::kAll).empty());
  EXPECT_EQ(store_->Targets()->size(), 1u);  // It still runs.
}

TEST_F(StoreTest, OpenFindingsDoNotGoByAge) {
  Reopen({.keep_age = absl::Hours(1)});
  Record(WithFinding(kStart));
  ASSERT_TRUE(store_->Prune(kStart + absl::Hours(100)).ok());
  EXPECT_EQ(Findings(FindingState::kOpen).size(), 1u);
}

TEST_F(StoreTest, EndedTargetsGoWhenTheirHistoryDoes) {
  Reopen({.keep_age = absl::Hours(1)});
  Record(SamplePoll(process_, kStart));
  ASSERT_TRUE(store_->MarkGone({}, kStart + absl::Seconds(10)).ok());
  ASSERT_TRUE(store_->Prune(kStart + absl::Hours(2)).ok());
  EXPECT_TRUE(store_->Targets()->empty());
}

TEST_F(StoreTest, SizeStaysBelowItsLimitAndTheNewestIsKept) {
  constexpr int64_t kLimit = 1 << 20;
  Reopen({.keep_bytes = kLimit});
  PollResult result = SamplePoll(process_, kStart);
  for (int i = 0; i < 40; ++i) result.by_state["state " + std::to_string(i)] = 1;
  for (int i = 0; i < 2000; ++i) {
    result.at = kStart + absl::Seconds(i);
    Record(result);
    if (i % 100 == 99) {
      ASSERT_TRUE(store_->Prune(result.at).ok());
      EXPECT_LE(*store_->Bytes(), kLimit);
    }
  }
  const auto polls = store_->History(7, 5000);
  EXPECT_GT(polls->size(), 100u);
  EXPECT_LT(polls->size(), 2000u);
  EXPECT_EQ(polls->front().at, kStart + absl::Seconds(1999));
  // Freed pages go back to the file system, too.
  store_.reset();
  EXPECT_LE(std::filesystem::file_size(path_), static_cast<uintmax_t>(kLimit));
}

TEST_F(StoreTest, TextThatIsNoUtf8IsKeptAsItIs) {
  PollResult result = SamplePoll(process_, kStart);
  result.by_state = {{"\xff\xfe'; DROP TABLE polls; --", 1}};
  Record(result);
  EXPECT_EQ(store_->History(7, 1)->front().by_state, result.by_state);
}

TEST(StoreOpen, DamagedFileIsRefusedWithAdviceAndLeftAlone) {
  const TemporaryDirectory directory;
  const std::string path = directory.Write("musterd.db", std::string(8192, 'x'));
  const auto store = Store::Open(path, {});
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(std::string(store.status().message()),
              AllOf(HasSubstr(path), HasSubstr("is damaged or no SQLite database"),
                    HasSubstr("move it away")));
  EXPECT_EQ(ReadFile(path), std::string(8192, 'x'));
}

TEST(StoreOpen, FileDamagedInTheMiddleIsRefused) {
  const TemporaryDirectory directory;
  const std::string path = directory / "musterd.db";
  {
    auto store = Store::Open(path, {});
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE((*store)->Record(SamplePoll(SampleProcess(i + 1), kStart)).ok());
    }
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(3 * 4096);
  file << std::string(4 * 4096, '\xee');
  file.close();
  const auto store = Store::Open(path, {});
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("is damaged"));
}

TEST(StoreOpen, DatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  const TemporaryDirectory directory;
  const std::string path = directory / "other.db";
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, "CREATE TABLE t (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
  const std::string before = ReadFile(path);
  const auto store = Store::Open(path, {});
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("of another program"));
  EXPECT_EQ(ReadFile(path), before);
}

TEST(StoreOpen, NewerLayoutIsRefused) {
  const TemporaryDirectory directory;
  const std::string path = directory / "musterd.db";
  ASSERT_TRUE(Store::Open(path, {}).ok());
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
  const auto store = Store::Open(path, {});
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("newer musterd (layout 99"));
}

TEST(StoreOpen, DirectoryIsRefused) {
  const TemporaryDirectory directory;
  const auto store = Store::Open(directory.path(), {});
  ASSERT_FALSE(store.ok());
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("give another --db"));
}

}  // namespace
}  // namespace muster::musterd
