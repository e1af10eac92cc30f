#include "inspector/capture/url.h"

#include <gtest/gtest.h>

namespace muster::inspector {
namespace {

TEST(HttpUrl, SplitsHostPortAndTarget) {
  const auto url = ParseHttpUrl("http://example.org:6060/debug/pprof/goroutine?debug=2");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, "6060");
  EXPECT_EQ(url->authority, "example.org:6060");
  EXPECT_EQ(url->target, "/debug/pprof/goroutine?debug=2");
}

TEST(HttpUrl, HasPort80AndNoTargetByDefault) {
  const auto url = ParseHttpUrl("http://localhost");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->port, "80");
  EXPECT_EQ(url->authority, "localhost");
  EXPECT_EQ(url->target, "");
}

TEST(HttpUrl, TakesTheBracketsOffAnAddress) {
  const auto url = ParseHttpUrl("http://[::1]:80/");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority, "[::1]:80");
}

TEST(HttpUrl, RefusesWhatItCannotFetch) {
  for (const char* bad : {"", "http://", "http:///x", "https://example.org", "ftp://example.org/x",
                          "http://user:secret@example.org/", "http://a b/", "http://host:port/",
                          "http://host:99999/", "http://host:0/", "http://host:80x"}) {
    EXPECT_EQ(ParseHttpUrl(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(RequestTarget, DecodesPathAndQuery) {
  const auto target = ParseRequestTarget("/debug/%70prof/goroutine?debug=1&x=a%20b&debug=2");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->path, "/debug/pprof/goroutine");
  EXPECT_EQ(target->query, (std::map<std::string, std::string>{{"debug", "2"}, {"x", "a b"}}));
}

TEST(RequestTarget, RefusesWhatIsNoPath) {
  for (const char* bad : {"", "*", "http://host/", "debug", "/%zz", "/a b"}) {
    EXPECT_FALSE(ParseRequestTarget(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace muster::inspector
