#include "inspector/endpoint/routes.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "muster/inspector/formats.h"
#include "muster/inspector/profile.h"
#include "muster/muster.h"

namespace muster::inspector {
namespace {

// One goroutine that waits for good, so that no dump is empty.
class Routes : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    static bool done = false;  // for good, also when the tests are repeated
    if (std::exchange(done, true)) return;
    setenv("MUSTER_ENDPOINT", "off", 1);  // the routes are asked directly
    const auto never = MakeChan<int>(0);
    Go([never] { never.Recv(); });
  }
};

TEST_F(Routes, GiveASnapshotAndATextThatReadBack) {
  for (const auto& [target, format] : std::vector<std::pair<std::string, Format>>{
           {"/snapshot", Format::kWire}, {"/debug/pprof/goroutine?debug=2", Format::kText2}}) {
    const Reply reply = RouteRequest("GET", target);
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.content_type, ContentType(format));
    const auto snapshot = Read(reply.body, "reply");
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    EXPECT_EQ(snapshot->total(), 1u) << target;
  }
}

TEST_F(Routes, GiveTheOtherProfilesAsGoDoes) {
  for (const auto& [page, head] : std::vector<std::pair<std::string, std::string>>{
           {"block", "--- contention:\ncycles/second=1000000000\n"},
           {"mutex", "--- mutex:\ncycles/second=1000000000\nsampling period=0\n"},
           {"goroutinecreate", "goroutinecreate profile: total 0\n"}}) {
    const Reply text = RouteRequest("GET", "/debug/pprof/" + page + "?debug=1");
    EXPECT_EQ(text.status, 200u);
    EXPECT_TRUE(text.body.starts_with(head)) << text.body;
    EXPECT_NE(text.body.find("# note: off: the program calls muster::runtime::Set"),
              std::string::npos);
    const Reply proto = RouteRequest("GET", "/debug/pprof/" + page);
    EXPECT_EQ(proto.content_type, ContentType(Format::kProto));
    EXPECT_TRUE(proto.body.starts_with("\x1f\x8b")) << "gzip";
    EXPECT_EQ(RouteRequest("GET", "/debug/pprof/" + page + "?debug=2").status, 400u);
  }
}

TEST_F(Routes, CountWhatHappensOnceTheyAreOn) {
  runtime::SetBlockProfileRate(1);
  const auto chan = MakeChan<int>();
  Go([chan] { chan.Send(1); });
  chan.Recv();  // this thread, or the sender, waits for the other
  Profile profile;
  do {
    profile = CaptureProfile(ProfileKind::kBlock);
  } while (profile.entries.empty());  // a sender counts its wait when it runs again
  runtime::SetBlockProfileRate(0);
  EXPECT_GE(profile.entries[0].count, 1);
  EXPECT_GT(profile.entries[0].delay_ns, 0);
  EXPECT_FALSE(profile.tables.mappings.empty());
}

TEST_F(Routes, GiveAFileNameForTheProtobuf) {
  for (const char* target : {"/debug/pprof/goroutine", "/debug/pprof/goroutine?debug=0",
                             "/debug/pprof/goroutine?seconds=1"}) {
    const Reply reply = RouteRequest("GET", target);
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.content_type, ContentType(Format::kProto));
    EXPECT_TRUE(reply.body.starts_with("\x1f\x8b")) << "gzip";
    const std::pair<std::string, std::string> name("Content-Disposition",
                                                   "attachment; filename=\"goroutine\"");
    EXPECT_EQ(std::count(reply.headers.begin(), reply.headers.end(), name), 1);
  }
}

TEST_F(Routes, GiveTheGroupedText) {
  const Reply reply = RouteRequest("GET", "/debug/pprof/goroutine?debug=1");
  EXPECT_EQ(reply.content_type, ContentType(Format::kText1));
  EXPECT_TRUE(reply.body.starts_with("goroutine profile: total ")) << reply.body;
}

TEST_F(Routes, RefuseABadDebugValue) {
  for (const char* value : {"3", "-1", "", "x", "1%202"}) {
    const Reply reply = RouteRequest("GET", std::string("/debug/pprof/goroutine?debug=") + value);
    EXPECT_EQ(reply.status, 400u) << value;
    EXPECT_TRUE(reply.body.starts_with("bad value of debug: write debug=0")) << reply.body;
  }
}

TEST_F(Routes, NameEachOtherInOneLineWhenNoneFits) {
  for (const char* target : {"/", "/debug", "/debug/pprof/heap", "/snapshot/", "/healthz/x"}) {
    const Reply reply = RouteRequest("GET", target);
    EXPECT_EQ(reply.status, 404u) << target;
    EXPECT_EQ(reply.body,
              "no such page; there are /debug/pprof/, /debug/pprof/goroutine?debug=0|1|2 and "
              "goroutineleak, "
              "/debug/pprof/block, mutex and goroutinecreate with debug=0|1, /snapshot and "
              "/healthz\n");
  }
}

TEST_F(Routes, ListThePages) {
  for (const char* target : {"/debug/pprof/", "/debug/pprof"}) {
    const Reply reply = RouteRequest("GET", target);
    EXPECT_EQ(reply.status, 200u);
    for (const char* page : {"goroutine?debug=0", "goroutine?debug=2", "/snapshot", "/healthz"}) {
      EXPECT_NE(reply.body.find(page), std::string::npos) << page;
    }
  }
}

#ifndef MUSTER_SANITIZED
// Asks again while an old word on this thread's stack, or in a register of one that is on its way
// to sleep, hides the leak: it may do so at any time, and makes none up.
template <typename Condition>
Reply RequestUntil(const std::string& target, Condition condition) {
  for (int looks = 0;; ++looks) {
    Reply reply = RouteRequest("GET", target);
    if (condition(reply.body) || looks == 1000) return reply;
  }
}

// The one goroutine of this suite waits on a channel that only it has.
TEST_F(Routes, ShowWhatNothingCanWake) {
  const auto is_flagged = [](const std::string& body) {
    return body.find("[chan receive (leaked)") != std::string::npos;
  };
  const Reply flagged = RequestUntil("/debug/pprof/goroutineleak?debug=2", is_flagged);
  EXPECT_EQ(flagged.status, 200u);
  EXPECT_TRUE(is_flagged(flagged.body)) << flagged.body;

  const auto has_one = [](const std::string& body) {
    return body.starts_with("goroutineleak profile: total 1");
  };
  const Reply grouped = RequestUntil("/debug/pprof/goroutineleak?debug=1", has_one);
  EXPECT_TRUE(has_one(grouped.body)) << grouped.body;

  const Reply proto = RouteRequest("GET", "/debug/pprof/goroutineleak");
  EXPECT_EQ(proto.content_type, ContentType(Format::kProto));

  const auto is_proven = [](const std::string& body) {
    const auto read = Read(body, "reply");
    return read.ok() && read->reachability_searched && read->total() == 1 &&
           read->goroutines[0].status_flags == "(leaked)";
  };
  EXPECT_TRUE(is_proven(RequestUntil("/snapshot?prove=1", is_proven).body));
}
#endif

TEST_F(Routes, RefuseABadProveValue) {
  EXPECT_EQ(RouteRequest("GET", "/snapshot?prove=yes").status, 400u);
  const auto plain = Read(RouteRequest("GET", "/snapshot?prove=0").body, "reply");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->reachability_searched);
}

TEST_F(Routes, TellHealth) {
  EXPECT_EQ(RouteRequest("GET", "/healthz").body, "ok\n");
  EXPECT_EQ(RouteRequest("HEAD", "/healthz").status, 200u);
}

TEST_F(Routes, RefuseOtherMethods) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    EXPECT_EQ(RouteRequest(method, "/healthz").status, 405u) << method;
  }
}

TEST_F(Routes, RefuseATargetThatIsNoPath) {
  for (const char* target : {"", "*", "http://host/healthz", "/%zz"}) {
    EXPECT_EQ(RouteRequest("GET", target).status, 400u) << target;
  }
}

}  // namespace
}  // namespace muster::inspector
