// The answers of musterd to requests.
#include "tools/musterd/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/musterd/samples.h"
#include "tests/tools/process.h"

namespace muster::musterd {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class RoutesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = Store::Open(directory_ / "m.db", {});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    PollResult result = SamplePoll(SampleProcess(7), kStart);
    result.findings = {SampleFinding("a"), SampleFinding("b")};
    ASSERT_TRUE(store_->Record(result).ok());
    fleet_.OnPoll(result);
    routes_ = std::make_unique<Routes>(store_.get(), &fleet_);
  }

  Json Get(const std::string& target, unsigned status = 200) {
    const inspector::Reply reply = routes_->Answer("GET", target);
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.content_type, "application/json");
    return Json::parse(reply.body);
  }

  const muster::testing::TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
  Fleet fleet_;
  std::unique_ptr<Routes> routes_;
};

TEST_F(RoutesTest, TargetsHaveStateAndLastPoll) {
  const Json target = Get("/targets")["targets"][0];
  EXPECT_EQ(target["pid"], 7);
  EXPECT_EQ(target["command"], "server");
  EXPECT_EQ(target["up"], true);
  EXPECT_EQ(target["open_findings"], 2);
  EXPECT_EQ(target["first_seen"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(target["last_poll"]["states"]["chan receive"], 3);
}

TEST_F(RoutesTest, FindingsHaveEvidenceAndTimes) {
  const Json json = Get("/findings");
  ASSERT_EQ(json["findings"].size(), 2u);
  EXPECT_EQ(json["more"], false);
  const Json& finding = json["findings"][0];
  EXPECT_EQ(finding["rule"], "lock-cycle");
  EXPECT_EQ(finding["certainty"], "proven");
  EXPECT_EQ(finding["goroutines"], (Json{7, 8}));
  EXPECT_EQ(finding["objects"][0], "0xc0de");
  EXPECT_EQ(finding["report"], "evidence");
  EXPECT_TRUE(finding["resolved"].is_null());
}

TEST_F(RoutesTest, FindingsArePaged) {
  const Json first = Get("/findings?limit=1");
  EXPECT_EQ(first["more"], true);
  const Json second =
      Get("/findings?limit=1&below=" + std::to_string(first["next_below"].get<int>()));
  EXPECT_EQ(second["more"], false);
  EXPECT_NE(first["findings"][0]["id"], second["findings"][0]["id"]);
}

TEST_F(RoutesTest, FindingsAreFilteredByPidAndState) {
  EXPECT_EQ(Get("/findings?pid=7")["findings"].size(), 2u);
  EXPECT_EQ(Get("/findings?pid=8")["findings"].size(), 0u);
  EXPECT_EQ(Get("/findings?state=resolved")["findings"].size(), 0u);
  EXPECT_EQ(Get("/findings?state=all")["findings"].size(), 2u);
}

TEST_F(RoutesTest, HistoryNeedsAPid) {
  EXPECT_EQ(Get("/history?pid=7")["polls"].size(), 1u);
  EXPECT_THAT(Get("/history", 400)["error"].get<std::string>(), HasSubstr("?pid=PID"));
}

TEST_F(RoutesTest, BadParametersAreBadRequests) {
  EXPECT_THAT(Get("/findings?state=old", 400)["error"].get<std::string>(),
              HasSubstr("state=old is not open, resolved or all"));
  EXPECT_THAT(Get("/findings?limit=0", 400)["error"].get<std::string>(), HasSubstr("limit=0"));
  EXPECT_THAT(Get("/findings?limit=x", 400)["error"].get<std::string>(), HasSubstr("limit=x"));
  EXPECT_THAT(Get("/history?pid=-1", 400)["error"].get<std::string>(), HasSubstr("pid=-1"));
}

TEST_F(RoutesTest, UnknownPathIsNotFound) {
  EXPECT_THAT(Get("/nothing", 404)["error"].get<std::string>(), HasSubstr("/nothing"));
}

TEST_F(RoutesTest, OnlyGetAndHeadAreAnswered) {
  EXPECT_EQ(routes_->Answer("POST", "/targets").status, 405u);
  EXPECT_EQ(routes_->Answer("HEAD", "/targets").status, 200u);
}

TEST_F(RoutesTest, MetricsHealthAndIndexAreText) {
  EXPECT_THAT(routes_->Answer("GET", "/metrics").content_type, HasSubstr("version=0.0.4"));
  EXPECT_THAT(routes_->Answer("GET", "/metrics").body, HasSubstr("muster_up{"));
  EXPECT_EQ(routes_->Answer("GET", "/healthz").body, "ok\n");
  EXPECT_THAT(routes_->Answer("GET", "/").body, HasSubstr("/findings"));
}

TEST_F(RoutesTest, NamesThatAreNoUtf8StillGiveJson) {
  ASSERT_TRUE(store_->Record(SamplePoll(SampleProcess(9, "\xff\xfe"), kStart)).ok());
  EXPECT_EQ(Get("/targets")["targets"].size(), 2u);
}

}  // namespace
}  // namespace muster::musterd
