// The programs of docs/examples do what their pages say, and look from outside as these show.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/process.h"

namespace {

using muster::testing::Background;
using muster::testing::ReadFile;
using muster::testing::RunProcess;
using muster::testing::RunResult;
using muster::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Matches;
using ::testing::Not;
using ::testing::ResultOf;

std::string Example(const std::string& name) {
  return std::string(EXAMPLES_DIR) + "/example_" + name;
}

// Dumps the process until a dump matches: a program takes its time to come to where a page shows
// it, and one dump may catch a goroutine on its way between two states. Gives up, with the last
// dump, only a little before CTest does.
template <typename Matcher>
std::string DumpThat(int pid, const Matcher& matcher,
                     const std::vector<std::string>& options = {"--format=text2"},
                     const std::map<std::string, std::string>& env = {}) {
  std::vector<std::string> command = {GPROF_DUMP, std::to_string(pid)};
  command.insert(command.end(), options.begin(), options.end());
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(4);
  std::string dump;
  do {
    dump = RunProcess(command, {.env = env}).out;
  } while (!Matches(matcher)(dump) && std::chrono::steady_clock::now() < end);
  return dump;
}

// A named pipe. Whoever opens it waits for the other side, which is this one.
class Pipe {
 public:
  explicit Pipe(const std::string& path) : path_(path) { mkfifo(path.c_str(), 0600); }
  ~Pipe() { Close(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void Open(int flags) { fd_ = open(path_.c_str(), flags | O_CLOEXEC); }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

 private:
  const std::string path_;
  int fd_ = -1;
};

TEST(ExamplePipeline, TransformsAndFiltersAFile) {
  const TemporaryDirectory dir;
  const std::string in = dir.Write("in", "  Hello \n# a comment\n\n\tWORLD\r\nlast");
  const RunResult result = RunProcess({Example("pipeline"), in, dir / "out"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "3 lines\n");
  EXPECT_EQ(ReadFile(dir / "out"), "hello\nworld\nlast\n");
}

TEST(ExamplePipeline, SaysWhatItCannotOpenAndCannotWrite) {
  const TemporaryDirectory dir;
  const RunResult missing = RunProcess({Example("pipeline"), dir / "none", dir / "out"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("cannot open " + dir / "none"));
  const RunResult full = RunProcess({Example("pipeline"), dir.Write("in", "x\n"), "/dev/full"});
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("cannot write /dev/full"));
}

// Nobody reads what it writes: the stages before wait, each on its full channel.
TEST(ExamplePipeline, ShowsWhoHoldsUpWhom) {
  const TemporaryDirectory dir;
  std::string lines;
  for (int i = 0; i < 20'000; ++i) lines += "line " + std::to_string(i) + "\n";
  Pipe out(dir / "out");
  Background pipeline({Example("pipeline"), dir.Write("in", lines), dir / "out"});
  out.Open(O_RDONLY);
  const auto all_stuck =
      AllOf(HasSubstr("goroutine 1 [running]"), ContainsRegex("\\[chan send[^]]*\\]:\n[^[]*Read"),
            ContainsRegex("\\[chan send[^]]*\\]:\n[^[]*Transform"),
            ContainsRegex("\\[chan send[^]]*\\]:\n[^[]*Filter"));
  EXPECT_THAT(DumpThat(pipeline.pid(), all_stuck), all_stuck);
  pipeline.Signal(SIGKILL);
}

TEST(ExampleWordCount, AddsUpAllFiles) {
  const TemporaryDirectory dir;
  std::vector<std::string> command = {Example("word_count")};
  for (int i = 0; i < 10; ++i) {
    command.push_back(dir.Write("f" + std::to_string(i), "The cat, the dog: THE end\n"));
  }
  command.push_back(dir.Write("g", "cat"));
  const RunResult result = RunProcess(command);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "  30 the\n  11 cat\n  10 dog\n  10 end\n");
}

TEST(ExampleWordCount, OfNoFilesIsNothing) {
  const RunResult result = RunProcess({Example("word_count")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
}

// One worker reads a pipe; the others have nothing to do, and everybody waits for it.
TEST(ExampleWordCount, ShowsWhoWaitsForWhom) {
  const TemporaryDirectory dir;
  Pipe slow(dir / "slow");
  Background count({Example("word_count"), dir / "slow"}, {{"MUSTER_PROCS", "4"}});
  slow.Open(O_WRONLY);
  const auto all_wait = AllOf(HasSubstr("[sync.WaitGroup.Wait"), HasSubstr("[chan receive"));
  EXPECT_THAT(DumpThat(count.pid(), all_wait), all_wait);
  ASSERT_EQ(write(slow.fd(), "one two one", 11), 11);
  slow.Close();
  EXPECT_EQ(count.ReadLine(), "   2 one");
  EXPECT_EQ(count.ReadLine(), "   1 two");
  EXPECT_EQ(count.Wait(), 0);
}

TEST(ExampleTtlCache, LoadsLessOftenThanItIsRead) {
  const RunResult result = RunProcess({Example("ttl_cache"), "200"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("^[0-9]+ reads, fewer loads, 0 wrong\n$"));
}

TEST(ExampleTtlCache, ShowsItsJanitor) {
  Background cache({Example("ttl_cache"), "600000"});
  const auto janitor =
      AllOf(ContainsRegex("\\[select[^]]*\\]:\n[^[]*SweepUntilDone"), HasSubstr("[sleep"));
  EXPECT_THAT(DumpThat(cache.pid(), janitor), janitor);
  cache.Signal(SIGKILL);
}

TEST(ExampleSharedReads, CountsEveryLineOnce) {
  const TemporaryDirectory dir;
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += std::to_string(i) + "\n";
  const RunResult result = RunProcess({Example("shared_reads"), dir.Write("in", lines)});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "100000 lines\n");
  EXPECT_EQ(RunProcess({Example("shared_reads"), dir.Write("empty", "")}).out, "0 lines\n");
}

TEST(ExampleSharedReads, SaysWhatItCannotRead) {
  const TemporaryDirectory dir;
  const RunResult missing = RunProcess({Example("shared_reads"), dir / "none"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("No such file"));
  const RunResult directory = RunProcess({Example("shared_reads"), dir.path()});
  EXPECT_EQ(directory.exit_code, 1);
  EXPECT_THAT(directory.err, HasSubstr("Is a directory"));
}

// How often `part` occurs in `text`.
int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

auto ContainsTimes(const std::string& part, int count) {
  return ResultOf(
      "how often " + part + " occurs",
      [part](const std::string& text) { return CountOf(text, part); }, count);
}

TEST(ExampleScraper, FollowsEveryLinkOnce) {
  Background site({SITE, "0"});
  const std::string address = site.ReadLine().value_or("");
  const RunResult result = RunProcess({Example("scraper"), address, "3", "1", "60000"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "/: 200\n/a: 200\n/b: 200\n/c: 200\n/deep: 200\n/gone: 404\n");
  site.Signal(SIGTERM);
  EXPECT_EQ(site.Wait(), 0);
}

TEST(ExampleScraper, GivesUpAPageThatDoesNotAnswer) {
  Background site({SITE, "1"});
  const std::string address = site.ReadLine().value_or("");
  const RunResult result = RunProcess({Example("scraper"), address, "3", "1", "3000"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("/silent1: context deadline exceeded\n"));
}

TEST(ExampleScraper, SaysWhyItCannotConnect) {
  const RunResult result = RunProcess({Example("scraper"), "127.0.0.1:1", "1", "1", "60000"});
  EXPECT_EQ(result.out, "/: dial tcp 127.0.0.1:1: connect: connection refused\n");
}

// Five pages do not answer, and three workers wait for three of them.
TEST(ExampleScraper, ShowsAsManyRequestsAsWorkers) {
  Background site({SITE, "5"});
  const std::string address = site.ReadLine().value_or("");
  Background scraper({Example("scraper"), address, "3", "1", "3600000"});
  for (int i = 0; i < 3; ++i) EXPECT_NE(site.ReadUntil("asked for /silent"), "");
  const auto three_wait = AllOf(ContainsTimes("[IO wait", 3), ContainsTimes("Fetch(", 3),
                                ContainsRegex("\\[select[^]]*\\]:\n[^[]*Coordinate"));
  EXPECT_THAT(DumpThat(scraper.pid(), three_wait), three_wait);
  scraper.Signal(SIGINT);
  EXPECT_THAT(scraper.ReadUntil("/silent1"), HasSubstr("/silent1: context canceled"));
  EXPECT_THAT(scraper.ReadUntil("/silent5"), HasSubstr("/silent5: gave up"));
  EXPECT_EQ(scraper.Wait(), 0);
}

// One request in an hour: the first page, and nothing else.
TEST(ExampleScraper, ShowsWhoWaitsForItsTurn) {
  Background site({SITE, "0"});
  const std::string address = site.ReadLine().value_or("");
  Background scraper({Example("scraper"), address, "3", "3600000", "60000"});
  const auto waits = ContainsRegex("\\[select[^]]*\\]:\n[^[]*Visit");
  EXPECT_THAT(DumpThat(scraper.pid(), waits), waits);
  scraper.Signal(SIGTERM);
  EXPECT_EQ(scraper.ReadUntil("/: "), "/: 200");
  EXPECT_EQ(scraper.ReadLine(), "/a: gave up");
  EXPECT_EQ(scraper.Wait(), 0);
}

// A client of the service that shuts down; sends and receives what it is told to.
class Client {
 public:
  explicit Client(const std::string& address)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void Send(const std::string& text) const {
    EXPECT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // The next `size` bytes, or those before the end.
  std::string Receive(size_t size) const {
    std::string text(size, '\0');
    const ssize_t n = recv(fd_, text.data(), size, MSG_WAITALL);
    text.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return text;
  }

 private:
  const int fd_;
  bool connected_ = false;
};

TEST(ExampleShutdown, LetsARequestThatIsUnderWayFinish) {
  Background service({Example("shutdown"), "127.0.0.1:0", "3600000"});
  const std::string address = service.ReadLine().value_or("");
  const Client idle(address), busy(address);
  idle.Send("one\n");
  EXPECT_EQ(idle.Receive(4), "ONE\n");
  busy.Send("two\nthr");
  EXPECT_EQ(busy.Receive(4), "TWO\n");

  service.Signal(SIGTERM);
  service.ReadUntil("draining");
  EXPECT_EQ(idle.Receive(1), "");
  EXPECT_FALSE(Client(address).connected());
  busy.Send("ee\n");
  EXPECT_EQ(busy.Receive(6), "THREE\n");
  EXPECT_EQ(busy.Receive(1), "");
  EXPECT_EQ(service.ReadUntil("order"), "in good order");
  EXPECT_EQ(service.Wait(), 0);
}

TEST(ExampleShutdown, CutsOffWhatIsNotOverInTime) {
  Background service({Example("shutdown"), "127.0.0.1:0", "1"});
  const Client busy(service.ReadLine().value_or(""));
  busy.Send("one\ntw");
  EXPECT_EQ(busy.Receive(4), "ONE\n");
  service.Signal(SIGTERM);
  EXPECT_EQ(service.ReadUntil("cut off"), "cut off 1 sessions");
  EXPECT_EQ(busy.Receive(1), "");
  EXPECT_EQ(service.Wait(), 1);
}

TEST(ExampleShutdown, ASecondSignalEndsItAtOnce) {
  Background service({Example("shutdown"), "127.0.0.1:0", "3600000"});
  const Client busy(service.ReadLine().value_or(""));
  busy.Send("one\ntw");
  EXPECT_EQ(busy.Receive(4), "ONE\n");
  service.Signal(SIGTERM);
  service.ReadUntil("draining");
  service.Signal(SIGTERM);
  EXPECT_EQ(service.Wait(), -SIGTERM);
}

TEST(ExampleShutdown, ShowsWhatItStillWaitsFor) {
  Background service({Example("shutdown"), "127.0.0.1:0", "3600000"});
  const Client busy(service.ReadLine().value_or(""));
  busy.Send("one\ntw");
  EXPECT_EQ(busy.Receive(4), "ONE\n");
  service.Signal(SIGTERM);
  service.ReadUntil("draining");
  const auto remaining =
      AllOf(ContainsRegex("\\[IO wait[^]]*\\]:\n[^[]*Serve"),
            ContainsRegex("\\[select[^]]*\\]:\n[^[]*Shutdown"),
            ContainsRegex("\\[chan receive[^]]*\\]:\n[^[]*Work"), HasSubstr("[sync.WaitGroup.Wait"),
            Not(HasSubstr("\nService::Accept(")));
  EXPECT_THAT(DumpThat(service.pid(), remaining), remaining);
}

TEST(ExamplePanics, SurviveAJobThatFails) {
  const RunResult result = RunProcess({Example("panics"), "job"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "job failed: out of paper\n");
}

TEST(ExamplePanics, ShowTheChainTheThrowAndTheCreatorWithLines) {
  const RunResult result = RunProcess({Example("panics"), "config"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              ContainsRegex("^panic: std::runtime_error: line 3: no closing brace "
                            "\\[recovered\\]\n"
                            "\tpanic: std::runtime_error: cannot load the configuration\n\n"
                            "goroutine [0-9]+ \\[running\\]:\nLoad.*\n\t.*panics.cc:[0-9]+\n"
                            "(.|\n)*created by .*main.* in goroutine 1\n\t.*panics.cc:[0-9]+\n"
                            "(.|\n)*<3>goroutine [0-9]+: std::runtime_error: cannot load"));
}

TEST(ExamplePanics, ShowTheLineOfACrash) {
  const RunResult result = RunProcess({Example("panics"), "crash"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, ContainsRegex("\\[signal SIGSEGV: segmentation violation code=0x1 "
                                        "addr=0x0 pc=0x[0-9a-f]+\\]\n\n"
                                        "goroutine [0-9]+ \\[running\\]:\nStore.*\n\t.*"
                                        "panics.cc:[0-9]+\n(.|\n)*created by .*main"));
}

TEST(ExamplePanics, LetGoexitThroughTheHandler) {
  const RunResult result = RunProcess({Example("panics"), "goexit"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(ExampleScheduler, HasAGoroutineInEachStateThatThePageExplains) {
  const TemporaryDirectory dir;
  Background program({Example("scheduler")}, {{"XDG_RUNTIME_DIR", dir.path()}});
  ASSERT_NE(program.ReadUntil("ready"), "");
  const auto all_states =
      AllOf(ContainsRegex("2 goroutines \\[chan receive\\].*\n.*\n.*Work"),
            HasSubstr("1 goroutine [sleep]"),
            ContainsRegex("1 goroutine \\[IO wait\\].*\n.*\n  to read fd [0-9]+: tcp 127.*\n"
                          ".*AwaitConnection"),
            ContainsRegex("1 goroutine \\[syscall\\].*\n.*\n.*WaitInTheKernel"),
            ContainsRegex("1 goroutine \\[running\\], for .* without giving way\n.*\n.*Compute"),
            ContainsRegex("\\[runnable\\]\n.*\n.*TakeTurns"));
  EXPECT_THAT(DumpThat(program.pid(), all_states, {}, {{"XDG_RUNTIME_DIR", dir.path()}}),
              all_states);
}

}  // namespace
