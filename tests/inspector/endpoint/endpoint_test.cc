#include "muster/inspector/endpoint.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/capture/socket_directory.h"
#include "muster/inspector/capture.h"
#include "tests/inspector/capture/temp_dir.h"
#include "tests/inspector/endpoint/program.h"
#include "tests/inspector/endpoint/raw_client.h"

namespace muster::inspector {
namespace {

// Each test has a runtime directory of its own, for itself and for the programs it starts.
class Endpoint : public testing::Test {
 protected:
  Endpoint() { setenv("XDG_RUNTIME_DIR", dir_.path().c_str(), 1); }

  std::unique_ptr<Program> Start(const std::string& mode = "",
                                 const std::vector<std::string>& environment = {}) {
    return std::make_unique<Program>(std::vector<std::string>{BLOCKED_PROGRAM, mode}, environment);
  }

  std::string DefaultSocket(int pid) const { return dir_ / absl::StrCat("muster/", pid, ".sock"); }

  TempDir dir_;
};

bool WaitsInProgram(const Goroutine& goroutine) { return goroutine.status() == "chan receive"; }

// Fetches until the program's three goroutines have come to wait.
absl::StatusOr<Snapshot> FetchBlocked(const std::string& target) {
  while (true) {
    absl::StatusOr<Snapshot> snapshot = Fetch(target);
    if (!snapshot.ok() || std::count_if(snapshot->goroutines.begin(), snapshot->goroutines.end(),
                                        WaitsInProgram) == 3) {
      return snapshot;
    }
  }
}

bool HasFrame(const Snapshot& snapshot, StackId stack, const std::string& function) {
  if (stack == kNoStack) return false;
  const auto& frames = snapshot.stacks.at(stack).frames;
  return std::any_of(frames.begin(), frames.end(), [&](FrameId id) {
    const Frame& frame = snapshot.frames.at(id);
    return frame.function == function && frame.file.ends_with("blocked_program.cc") &&
           frame.line > 0;
  });
}

TEST_F(Endpoint, ListensInTheUsersDirectoryForTheUserAlone) {
  const auto program = Start();
  const std::string socket = DefaultSocket(program->pid());
  EXPECT_EQ(program->ReadLine(), "ready unix:" + socket);
  struct stat status;
  ASSERT_EQ(stat(socket.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat((dir_ / "muster").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(Endpoint, ShowsWhereEachGoroutineWaitsAndWhoMadeIt) {
  const auto program = Start();
  program->ReadLine();
  const auto snapshot = FetchBlocked(std::to_string(program->pid()));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->pid, program->pid());
  for (const Goroutine& goroutine : snapshot->goroutines) {
    if (!WaitsInProgram(goroutine)) continue;
    EXPECT_TRUE(HasFrame(*snapshot, goroutine.stack, "(anonymous namespace)::WaitForWork"));
    EXPECT_TRUE(
        HasFrame(*snapshot, goroutine.creation_stack, "(anonymous namespace)::StartWorkers"));
  }
}

TEST_F(Endpoint, AnswersEachPage) {
  const auto program = Start();
  program->ReadLine();
  const std::string socket = DefaultSocket(program->pid());
  ASSERT_TRUE(FetchBlocked(socket).ok());
  EXPECT_EQ(BodyOf(Ask(socket, "/healthz")), "ok\n");
  EXPECT_NE(Ask(socket, "/debug/pprof/").find("blocked_program"), std::string::npos);
  const std::string grouped = BodyOf(Ask(socket, "/debug/pprof/goroutine?debug=1"));
  EXPECT_TRUE(grouped.starts_with("goroutine profile: total 3\n3 @ 0x")) << grouped;
  const std::string each = BodyOf(Ask(socket, "/debug/pprof/goroutine?debug=2"));
  EXPECT_NE(each.find(" [chan receive]:\n"), std::string::npos) << each;
  EXPECT_NE(each.find("created by (anonymous namespace)::StartWorkers"), std::string::npos) << each;
  EXPECT_TRUE(BodyOf(Ask(socket, "/debug/pprof/goroutine?debug=0")).starts_with("\x1f\x8b"));
  EXPECT_TRUE(Ask(socket, "/nowhere").starts_with("HTTP/1.1 404 "));
  const std::string head = Ask(socket, "/snapshot", "HEAD");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;
  EXPECT_EQ(BodyOf(head), "");
}

TEST_F(Endpoint, ReadsBackTheTextsItWrites) {
  const auto program = Start();
  program->ReadLine();
  const std::string socket = DefaultSocket(program->pid());
  ASSERT_TRUE(FetchBlocked(socket).ok());
  for (const char* debug : {"1", "2"}) {
    const std::string file = dir_ / absl::StrCat("dump", debug);
    {
      FILE* out = fopen(file.c_str(), "w");
      const std::string body =
          BodyOf(Ask(socket, absl::StrCat("/debug/pprof/goroutine?debug=", debug)));
      ASSERT_EQ(fwrite(body.data(), 1, body.size(), out), body.size());
      fclose(out);
    }
    const auto snapshot = Fetch(file);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    EXPECT_EQ(snapshot->total(), 3u) << debug;
  }
}

TEST_F(Endpoint, IsListedWhileTheProgramRuns) {
  const auto first = Start();
  const auto second = Start();
  first->ReadLine();
  second->ReadLine();
  const std::vector<Target> targets = ListTargets();
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].pid, std::min(first->pid(), second->pid()));
  EXPECT_EQ(targets[1].pid, std::max(first->pid(), second->pid()));
  EXPECT_EQ(targets[0].socket, DefaultSocket(targets[0].pid));
  EXPECT_EQ(targets[0].command, "blocked_program");
}

TEST_F(Endpoint, RemovesItsSocketAtExit) {
  const auto program = Start();
  program->ReadLine();
  const std::string socket = DefaultSocket(program->pid());
  EXPECT_EQ(program->Finish(), 0);
  EXPECT_FALSE(std::filesystem::exists(socket));
}

TEST_F(Endpoint, OfAKilledProgramIsNotListedAndTheNextOneRemovesIt) {
  const auto killed = Start();
  killed->ReadLine();
  const std::string stale = DefaultSocket(killed->pid());
  killed->Kill();
  killed->Finish();
  EXPECT_EQ(ProbeSocket(stale), SocketState::kStale);
  EXPECT_TRUE(ListTargets().empty());
  const auto next = Start();
  next->ReadLine();
  EXPECT_FALSE(std::filesystem::exists(stale));
}

TEST_F(Endpoint, AnswersWhileEveryThreadOfTheProgramIsStuck) {
  const auto program = Start("", {"MUSTER_PROCS=1"});
  program->ReadLine();
  EXPECT_TRUE(FetchBlocked(std::to_string(program->pid())).ok());
}

TEST_F(Endpoint, ListensWhereTheVariableSays) {
  const std::string socket = dir_ / "mine";
  const auto program = Start("", {"MUSTER_ENDPOINT=unix:" + socket});
  EXPECT_EQ(program->ReadLine(), "ready unix:" + socket);
  EXPECT_TRUE(FetchBlocked("unix:" + socket).ok());
  EXPECT_TRUE(FetchBlocked(std::to_string(program->pid())).ok()) << "found by its environment";
}

TEST_F(Endpoint, IsOffWhenTheVariableSaysSo) {
  const auto program = Start("", {"MUSTER_ENDPOINT=off"});
  EXPECT_EQ(program->ReadLine(), "ready ");
  EXPECT_TRUE(ListTargets().empty());
  const auto snapshot = Fetch(std::to_string(program->pid()));
  EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(snapshot.status().message()).find("MUSTER_ENDPOINT=off"), std::string::npos)
      << snapshot.status();
}

TEST_F(Endpoint, SaysOnceWhyItIsNotThereAndLetsTheProgramRun) {
  const auto first = Start("", {"MUSTER_ENDPOINT=unix:" + (dir_ / "s")});
  first->ReadLine();
  for (const auto& [value, words] : std::vector<std::pair<std::string, std::string>>{
           {"unix:" + (dir_ / "s"), "another process answers there"},
           {"unix:/nonexistent/s", "No such file or directory"},
           {"tcp:80", "write unix:PATH or off"},
           {"unix:", "write unix:PATH or off"}}) {
    const auto program = Start("", {"MUSTER_ENDPOINT=" + value});
    EXPECT_EQ(program->ReadLine(), "ready ");
    EXPECT_EQ(program->Finish(), 0);
    const std::string errors = program->Errors();
    EXPECT_TRUE(errors.starts_with("muster: no endpoint: ")) << errors;
    EXPECT_NE(errors.find(words), std::string::npos) << errors;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
  }
  EXPECT_TRUE(FetchBlocked("unix:" + (dir_ / "s")).ok());
}

TEST_F(Endpoint, DoesNothingWhenItIsStartedAgain) {
  const auto program = Start("again");
  EXPECT_EQ(program->ReadLine(), "again ok");
  EXPECT_EQ(program->ReadLine(), "ready unix:" + DefaultSocket(program->pid()));
}

TEST_F(Endpoint, IsNotTheForkedChilds) {
  const auto program = Start("fork");
  EXPECT_EQ(program->ReadLine(), "child:");
  EXPECT_EQ(program->ReadLine(), "child status 0");
  program->ReadLine();
  EXPECT_TRUE(FetchBlocked(std::to_string(program->pid())).ok())
      << "the child's exit must leave the parent's socket";
}

TEST_F(Endpoint, DoesNotHideADeadlockAndGivesItsReportLines) {
  const auto program = Start("deadlock");
  program->ReadLine();
  const int status = program->Finish();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
  const std::string errors = program->Errors();
  EXPECT_NE(errors.find("fatal error: all goroutines are asleep - deadlock!"), std::string::npos);
  EXPECT_NE(errors.find("(anonymous namespace)::WaitForWork"), std::string::npos) << errors;
  EXPECT_NE(errors.find("blocked_program.cc:"), std::string::npos) << errors;
}

}  // namespace
}  // namespace muster::inspector
