#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "inspector/capture/http_client.h"
#include "muster/inspector/capture.h"
#include "tests/inspector/capture/canned_server.h"
#include "tests/inspector/capture/temp_dir.h"

namespace muster::inspector {
namespace {

constexpr char kDump[] =
    "goroutine 1 [chan receive]:\nmain.main()\n\t/src/main.go:7 +0x1d\n\ngoroutine 6 [select (no "
    "cases)]:\nmain.worker(...)\n\t/src/main.go:12\ncreated by main.main\n\t/src/main.go:6 +0x35\n";

void ExpectDump(const absl::StatusOr<Snapshot>& snapshot) {
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->total(), 2u);
}

void ExpectFailure(const absl::StatusOr<Snapshot>& snapshot, absl::StatusCode code,
                   const std::string& words) {
  EXPECT_EQ(snapshot.status().code(), code) << snapshot.status();
  EXPECT_NE(std::string(snapshot.status().message()).find(words), std::string::npos)
      << snapshot.status();
}

CannedServer::Script Always(std::string bytes) {
  return [bytes](const std::string&) { return bytes; };
}

TEST(FetchServer, AsksForTheSnapshotFirst) {
  CannedServer server("", Always(Http(200, kDump)));
  ExpectDump(Fetch(server.url()));
  EXPECT_EQ(server.requests(), std::vector<std::string>{"GET /snapshot HTTP/1.1"});
}

TEST(FetchServer, AsksAGoProcessInGosWay) {
  CannedServer server("", [](const std::string& line) {
    return line == "GET /debug/pprof/goroutine?debug=2 HTTP/1.1" ? Http(200, kDump)
                                                                 : Http(404, "404 page not found");
  });
  ExpectDump(Fetch(server.url() + "/"));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(FetchServer, GoesOnWhenACatchAllPageAnswers) {
  CannedServer server("", [](const std::string& line) {
    return line.find("debug=2") != std::string::npos ? Http(200, kDump)
                                                     : Http(200, "<html>Welcome</html>");
  });
  ExpectDump(Fetch(server.url()));
}

TEST(FetchServer, AsksForExactlyThePathThatIsGiven) {
  CannedServer server("", Always(Http(200, kDump)));
  ExpectDump(Fetch(server.url() + "/pprof/goroutine?debug=2&x=%20"));
  EXPECT_EQ(server.requests(),
            std::vector<std::string>{"GET /pprof/goroutine?debug=2&x=%20 HTTP/1.1"});
}

TEST(FetchServer, SaysThatNeitherPathIsThere) {
  CannedServer server("", Always(Http(404, "no")));
  ExpectFailure(Fetch(server.url()), absl::StatusCode::kNotFound,
                "has neither /snapshot nor /debug/pprof/goroutine?debug=2 (HTTP 404)");
}

TEST(FetchServer, SaysWhatStatusItGot) {
  CannedServer server("", Always(Http(503, "busy")));
  ExpectFailure(Fetch(server.url()), absl::StatusCode::kUnavailable, "HTTP 503");
}

TEST(FetchServer, TakesABodyThatIsNoDumpForBadInput) {
  CannedServer server("", Always(Http(200, "<html>Welcome</html>")));
  ExpectFailure(Fetch(server.url() + "/x"), absl::StatusCode::kInvalidArgument, server.url());
}

TEST(FetchServer, TakesBytesThatAreNotHttpForBadInput) {
  CannedServer server("", Always("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  ExpectFailure(Fetch(server.url() + "/x"), absl::StatusCode::kInvalidArgument, "is not HTTP");
}

TEST(FetchServer, SaysThatTheAnswerWasCut) {
  CannedServer server("", Always("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\ngoroutine 1"));
  ExpectFailure(Fetch(server.url()), absl::StatusCode::kUnavailable, "ended after 11 bytes");
}

TEST(FetchServer, SaysThatNothingWasAnswered) {
  CannedServer server("", Always("HTTP/1.1"));
  ExpectFailure(Fetch(server.url()), absl::StatusCode::kUnavailable, "ended after 0 bytes");
}

TEST(FetchServer, RefusesABodyBeyondTheLimit) {
  CannedServer server("", Always("HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n"));
  ExpectFailure(Fetch(server.url() + "/x"), absl::StatusCode::kInvalidArgument,
                "larger than the limit of 4 GiB");
}

TEST(FetchServer, ReadsChunksAndBodiesThatEndWithTheConnection) {
  const std::string dump = kDump;
  CannedServer chunked("",
                       Always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ng\r\n" +
                              [&] {
                                char size[16];
                                std::snprintf(size, sizeof(size), "%zx", dump.size() - 1);
                                return std::string(size);
                              }() +
                              "\r\n" + dump.substr(1) + "\r\n0\r\n\r\n"));
  ExpectDump(Fetch(chunked.url()));
  CannedServer until_end("", Always("HTTP/1.0 200 OK\r\n\r\n" + dump));
  ExpectDump(Fetch(until_end.url()));
}

TEST(FetchServer, SaysThatNobodyListens) {
  std::string url;
  {
    const CannedServer gone("", Always("x"));
    url = gone.url();
  }
  ExpectFailure(Fetch(url), absl::StatusCode::kUnavailable, "nobody listens there");
}

TEST(FetchServer, GivesUpOnAServerThatSendsNothing) {
  const TempDir dir;
  CannedServer silent(dir / "s", Always(""));
  const auto answer = HttpGet(UnixAddress{dir / "s"}, "/snapshot", std::chrono::milliseconds(20));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(answer.status().message()).find("sends nothing more after 0 bytes"),
            std::string::npos)
      << answer.status();
}

TEST(FetchSocket, TakesAPathWithAndWithoutUnix) {
  const TempDir dir;
  CannedServer server(dir / "s", Always(Http(200, kDump)));
  ExpectDump(Fetch(dir / "s"));
  ExpectDump(Fetch("unix:" + (dir / "s")));
}

TEST(FetchSocket, SaysThatTheSocketIsStale) {
  const TempDir dir;
  { const CannedServer gone(dir / "s", Always("x")); }
  ExpectFailure(Fetch(dir / "s"), absl::StatusCode::kUnavailable, "nobody listens there");
}

TEST(FetchSocket, SaysThatThereIsNone) {
  ExpectFailure(Fetch("unix:/nonexistent/s"), absl::StatusCode::kNotFound, "no such socket");
}

TEST(FetchSocket, SaysThatThePathIsTooLong) {
  ExpectFailure(Fetch("unix:/" + std::string(200, 'x')), absl::StatusCode::kInvalidArgument,
                "at most 107 bytes");
}

TEST(FetchFile, ReadsADump) {
  const TempDir dir;
  std::ofstream(dir / "dump.txt") << kDump;
  ExpectDump(Fetch(dir / "dump.txt"));
}

TEST(FetchFile, ReadsAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], kDump, sizeof(kDump) - 1), static_cast<ssize_t>(sizeof(kDump) - 1));
  close(ends[1]);
  ExpectDump(Fetch("/dev/fd/" + std::to_string(ends[0])));
  close(ends[0]);
}

TEST(FetchFile, ReadsStandardInput) {
  const TempDir dir;
  std::ofstream(dir / "dump.txt") << kDump;
  ASSERT_NE(freopen((dir / "dump.txt").c_str(), "r", stdin), nullptr);
  ExpectDump(Fetch("-"));
}

TEST(FetchFile, SaysWhatATargetMayBe) {
  ExpectFailure(Fetch("nonexistent:6060"), absl::StatusCode::kNotFound,
                "no such file; a target is a pid, a socket, http://HOST:PORT, a file or -");
}

TEST(FetchFile, RefusesADirectory) {
  const TempDir dir;
  ExpectFailure(Fetch(dir.path()), absl::StatusCode::kInvalidArgument, "is a directory");
}

TEST(FetchTarget, RefusesWhatIsNone) {
  ExpectFailure(Fetch(""), absl::StatusCode::kInvalidArgument, "no target");
  ExpectFailure(Fetch("unix:"), absl::StatusCode::kInvalidArgument, "names no socket");
  ExpectFailure(Fetch("https://example.org"), absl::StatusCode::kInvalidArgument,
                "only http:// is read");
}

TEST(FetchProcess, SaysThatThereIsNoSuchProcess) {
  ExpectFailure(Fetch("2147483646"), absl::StatusCode::kNotFound, "no process has the id");
  ExpectFailure(Fetch("99999999999999999999"), absl::StatusCode::kNotFound,
                "no process has the id");
}

}  // namespace
}  // namespace muster::inspector
