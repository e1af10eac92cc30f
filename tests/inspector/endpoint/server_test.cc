#include "inspector/endpoint/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/capture/http_client.h"
#include "inspector/endpoint/listener.h"
#include "tests/inspector/capture/temp_dir.h"
#include "tests/inspector/endpoint/raw_client.h"

namespace muster::inspector {
namespace {

constexpr std::chrono::milliseconds kNever{3'600'000};
constexpr size_t kLarge = size_t{32} << 20;

// A body in pieces of which some are empty, the first and the last one among them.
class Pieces final : public SelfDump {
 public:
  explicit Pieces(int count) : count_(count) {}
  bool AppendPiece(std::string* out) override {
    if (given_ == count_) throw std::runtime_error("asked for more");
    if (given_ % 2 == 1) *out += absl::StrCat("piece ", given_, "\n");
    return ++given_ < count_;
  }

 private:
  const int count_;
  int given_ = 0;
};
constexpr char kPieces[] = "head\npiece 1\npiece 3\n";

class LargePieces final : public SelfDump {
 public:
  bool AppendPiece(std::string* out) override {
    out->append(kPieceSize, 'x');
    left_ -= kPieceSize;
    return left_ > 0;
  }

 private:
  static constexpr size_t kPieceSize = size_t{64} << 10;
  size_t left_ = kLarge;
};

class BrokenPieces final : public SelfDump {
 public:
  bool AppendPiece(std::string* out) override {
    if (++given_ == 3) throw std::bad_alloc();
    *out += "piece\n";
    return true;
  }

 private:
  int given_ = 0;
};

Reply Echo(std::string_view method, std::string_view target) {
  if (target == "/throw") throw std::runtime_error("the handler failed");
  if (target == "/bad_alloc") throw std::bad_alloc();
  Reply reply;
  if (target == "/pieces") {
    reply.body = "head\n";
    reply.rest = std::make_unique<Pieces>(5);
    return reply;
  }
  if (target == "/nothing") {
    reply.rest = std::make_unique<Pieces>(1);
    return reply;
  }
  if (target == "/large_pieces") reply.rest = std::make_unique<LargePieces>();
  if (target == "/broken") reply.rest = std::make_unique<BrokenPieces>();
  if (reply.rest != nullptr) return reply;
  reply.body = target == "/large" ? std::string(kLarge, 'x')
                                  : absl::StrCat(std::string(method), " ", std::string(target));
  return reply;
}

// A server on a Unix socket. Its patience does not end unless the test asks for that, so that no
// test depends on the speed of the machine.
class TestServer {
 public:
  explicit TestServer(std::chrono::milliseconds patience = kNever) {
    const auto listener = Listen(path());
    if (!listener.ok()) abort();
    server_ = std::make_unique<Server>(listener->fd, Echo, patience);
    thread_ = std::thread([this] { server_->Run(); });
  }
  ~TestServer() {
    server_->Stop();
    thread_.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string path() const { return dir_ / "s"; }

 private:
  TempDir dir_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

void ExpectStatus(const std::string& response, int status) {
  EXPECT_TRUE(response.starts_with(absl::StrCat("HTTP/1.1 ", status, " "))) << response;
}

constexpr char kRequest[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(Server, AnswersARequest) {
  const TestServer server;
  const std::string response = Ask(server.path(), "/a?b=c");
  ExpectStatus(response, 200);
  EXPECT_EQ(BodyOf(response), "GET /a?b=c");
  EXPECT_NE(response.find("Content-Type: text/plain"), std::string::npos);
}

TEST(Server, KeepsTheConnectionForTheNextRequest) {
  const TestServer server;
  RawClient client(server.path());
  for (int i = 0; i < 3; ++i) {
    client.Send(kRequest);
    EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /a");
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const TestServer server;
  RawClient client(server.path());
  client.Send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /1");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /2");
}

TEST(Server, ClosesTheConnectionOfAnHttp10Client) {
  const TestServer server;
  RawClient client(server.path());
  client.Send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadToEnd()), "GET /old");
}

TEST(Server, SendsHeadTheLengthWithoutTheBody) {
  const TestServer server;
  RawClient client(server.path());
  client.Send("HEAD /abc HTTP/1.1\r\n\r\n");
  const std::string head = client.ReadResponse(/*has_body=*/false);
  EXPECT_NE(head.find("Content-Length: 9\r\n"), std::string::npos) << head;
  client.Send(kRequest);  // the connection is still in step
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /a");
}

TEST(Server, SendsALargeBodyWhole) {
  const TestServer server;
  const auto answer = HttpGet(UnixAddress{server.path()}, "/large");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body.size(), kLarge);
  EXPECT_EQ(answer->body.find_first_not_of('x'), std::string::npos);
}

TEST(ServerStream, SendsTheRestInChunks) {
  const TestServer server;
  const auto answer = HttpGet(UnixAddress{server.path()}, "/pieces");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, kPieces);
  const std::string response = Ask(server.path(), "/pieces");
  EXPECT_NE(response.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << response;
}

TEST(ServerStream, MayHaveNothingToSend) {
  const TestServer server;
  const auto answer = HttpGet(UnixAddress{server.path()}, "/nothing");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "");
}

TEST(ServerStream, SendsALargeBodyWhole) {
  const TestServer server;
  const auto answer = HttpGet(UnixAddress{server.path()}, "/large_pieces");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body.size(), kLarge);
}

TEST(ServerStream, EndsWithTheConnectionForAnHttp10Client) {
  const TestServer server;
  RawClient client(server.path());
  client.Send("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadToEnd()), kPieces);
}

TEST(ServerStream, SendsHeadNoBody) {
  const TestServer server;
  RawClient client(server.path());
  client.Send("HEAD /pieces HTTP/1.1\r\n\r\n");
  ExpectStatus(client.ReadResponse(/*has_body=*/false), 200);
  client.Send(kRequest);  // the connection is still in step
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /a");
}

// A client must not take the part for the whole.
TEST(ServerStream, BreaksOffWhenTheRestCannotBeMade) {
  const TestServer server;
  EXPECT_FALSE(HttpGet(UnixAddress{server.path()}, "/broken").ok());
  EXPECT_EQ(BodyOf(Ask(server.path(), "/a")), "GET /a");  // others are still answered
}

TEST(Server, RefusesGarbage) {
  const TestServer server;
  for (const std::string& garbage :
       {std::string("hello\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string(64, '\0'),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")}) {
    RawClient client(server.path());
    client.Send(garbage);
    const std::string response = client.ReadToEnd();
    ExpectStatus(response, 400);
    EXPECT_TRUE(BodyOf(response).starts_with("not an HTTP/1.1 request")) << response;
  }
  EXPECT_EQ(BodyOf(Ask(server.path(), "/after")), "GET /after");
}

TEST(Server, RefusesAHeaderThatIsTooLarge) {
  const TestServer server;
  RawClient client(server.path());
  client.Send("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
  ExpectStatus(client.ReadToEnd(), 431);
  EXPECT_EQ(BodyOf(Ask(server.path(), "/after")), "GET /after");
}

TEST(Server, RefusesABodyThatIsTooLarge) {
  const TestServer server;
  RawClient client(server.path());
  client.Send("POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n");
  ExpectStatus(client.ReadToEnd(), 413);
}

TEST(Server, SurvivesAHandlerThatThrows) {
  const TestServer server;
  const std::string failed = Ask(server.path(), "/throw");
  ExpectStatus(failed, 500);
  EXPECT_EQ(BodyOf(failed), "the handler failed\n");
  ExpectStatus(Ask(server.path(), "/bad_alloc"), 500);
  EXPECT_EQ(BodyOf(Ask(server.path(), "/after")), "GET /after");
}

TEST(Server, SurvivesAClientThatLeavesInTheMiddle) {
  const TestServer server;
  for (const char* start : {"", "GET /", "GET /large HTTP/1.1\r\n\r\n"}) {
    RawClient(server.path()).Send(start);
  }
  EXPECT_EQ(BodyOf(Ask(server.path(), "/after")), "GET /after");
}

TEST(Server, IsNotHeldUpByIdleOrSlowClients) {
  const TestServer server;
  const RawClient idle(server.path());
  RawClient slow(server.path());
  slow.Send("GET /slow HT");
  RawClient deaf(server.path());
  deaf.Send("GET /large HTTP/1.1\r\n\r\n");  // and does not read
  EXPECT_EQ(BodyOf(Ask(server.path(), "/quick")), "GET /quick");
  slow.Send("TP/1.1\r\n\r\n");
  EXPECT_EQ(BodyOf(slow.ReadResponse()), "GET /slow");
}

TEST(Server, DropsTheLongestIdleClientForANewOne) {
  const TestServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < Server::kMaxConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.path()));
    clients.back()->Send(kRequest);
    EXPECT_EQ(BodyOf(clients.back()->ReadResponse()), "GET /a");
  }
  clients[0]->Send(kRequest);  // not the longest idle any more
  EXPECT_EQ(BodyOf(clients[0]->ReadResponse()), "GET /a");
  EXPECT_EQ(BodyOf(Ask(server.path(), "/new")), "GET /new");
  EXPECT_EQ(clients[1]->ReadToEnd(), "") << "dropped";
  for (const size_t kept : {size_t{0}, size_t{2}, Server::kMaxConnections - 1}) {
    clients[kept]->Send(kRequest);
    EXPECT_EQ(BodyOf(clients[kept]->ReadResponse()), "GET /a") << kept;
  }
}

TEST(Server, AnswersManyClientsAtOnce) {
  const TestServer server;
  std::vector<std::thread> threads;
  std::vector<int> answered(8);
  for (size_t i = 0; i < answered.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        const std::string target = absl::StrCat("/", i, "/", n);
        answered[i] += BodyOf(Ask(server.path(), target)) == "GET " + target;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, std::vector<int>(8, 50));
}

TEST(Server, ClosesClientsThatSayNothing) {
  const TestServer server(std::chrono::milliseconds(20));
  RawClient idle(server.path());
  EXPECT_EQ(idle.ReadToEnd(), "");
  RawClient half(server.path());
  half.Send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(half.ReadToEnd(), "");
}

TEST(Server, EndsWithOpenConnections) {
  auto server = std::make_unique<TestServer>();
  RawClient idle(server->path());
  RawClient deaf(server->path());
  deaf.Send("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_EQ(BodyOf(Ask(server->path(), "/a")), "GET /a");
  server.reset();
  EXPECT_EQ(idle.ReadToEnd(), "");
}

// A server on 127.0.0.1, for which a foreign page may send a browser.
TEST(ServerOverTcp, AnswersOnlyWhoCallsItByThisMachinesName) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 8), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  Server server(fd, Echo);
  std::thread thread([&server] { server.Run(); });
  HttpUrl url;
  url.host = "127.0.0.1";
  url.port = std::to_string(ntohs(address.sin_port));
  for (const auto& [host, status] :
       std::vector<std::pair<std::string, unsigned>>{{"127.0.0.1:" + url.port, 200},
                                                     {"localhost", 200},
                                                     {"evil.example:" + url.port, 403},
                                                     {"", 403}}) {
    url.authority = host;
    const auto answer = HttpGet(url, "/a");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, status) << host;
  }
  server.Stop();
  thread.join();
}

}  // namespace
}  // namespace muster::inspector
