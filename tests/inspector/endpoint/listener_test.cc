#include "inspector/endpoint/listener.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "inspector/capture/socket_directory.h"
#include "tests/inspector/capture/temp_dir.h"

namespace muster::inspector {
namespace {

std::string NameOf(int pid) { return std::to_string(pid) + ".sock"; }

// The id of a process that has ended and been waited for.
int EndedPid() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

void LeaveStaleSocket(const std::string& path) {
  const auto listener = Listen(path);
  ASSERT_TRUE(listener.ok()) << listener.status();
  close(listener->fd);
}

TEST(Listen, MakesASocketForTheUserAloneWhateverTheUmask) {
  const TempDir dir;
  const mode_t before = umask(0);
  const auto listener = Listen(dir / "s");
  umask(before);
  ASSERT_TRUE(listener.ok()) << listener.status();
  struct stat status;
  ASSERT_EQ(stat(listener->path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(ProbeSocket(listener->path), SocketState::kAlive);
  close(listener->fd);
}

TEST(Listen, LeavesNothingElseBehind) {
  const TempDir dir;
  const auto listener = Listen(dir / "s");
  ASSERT_TRUE(listener.ok());
  const auto again = Listen(dir / "s");
  EXPECT_FALSE(again.ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_EQ(names, std::vector<std::string>{"s"});
  close(listener->fd);
}

TEST(Listen, ReplacesAStaleSocket) {
  const TempDir dir;
  LeaveStaleSocket(dir / "s");
  ASSERT_EQ(ProbeSocket(dir / "s"), SocketState::kStale);
  const auto listener = Listen(dir / "s");
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(ProbeSocket(dir / "s"), SocketState::kAlive);
  close(listener->fd);
}

TEST(Listen, LeavesALiveSocketAlone) {
  const TempDir dir;
  const auto first = Listen(dir / "s");
  ASSERT_TRUE(first.ok());
  const auto second = Listen(dir / "s");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists) << second.status();
  EXPECT_EQ(ProbeSocket(dir / "s"), SocketState::kAlive);
  close(first->fd);
}

TEST(Listen, LeavesAFileAlone) {
  const TempDir dir;
  std::ofstream(dir / "s") << "precious";
  const auto listener = Listen(dir / "s");
  EXPECT_EQ(listener.status().code(), absl::StatusCode::kFailedPrecondition) << listener.status();
  std::string content;
  std::ifstream(dir / "s") >> content;
  EXPECT_EQ(content, "precious");
}

TEST(Listen, SaysWhyItCannot) {
  EXPECT_NE(std::string(Listen("/nonexistent/s").status().message()).find("No such file"),
            std::string::npos);
  EXPECT_NE(std::string(Listen("/tmp/" + std::string(120, 'x')).status().message())
                .find("at most 107 bytes"),
            std::string::npos);
  EXPECT_EQ(Listen("/tmp/").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Listen, TakesARelativePathAndTellsTheAbsoluteOne) {
  const TempDir dir;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  const auto listener = Listen("s");
  std::filesystem::current_path(before);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(listener->path, dir / "s");
  RemoveSocket(*listener);
  EXPECT_EQ(ProbeSocket(dir / "s"), SocketState::kAbsent);
  close(listener->fd);
}

TEST(RemoveSocket, LeavesASuccessorsSocketAlone) {
  const TempDir dir;
  const auto first = Listen(dir / "s");
  ASSERT_TRUE(first.ok());
  std::filesystem::rename(dir / "s", dir / "moved");  // keeps its inode from being given again
  const auto second = Listen(dir / "s");
  ASSERT_TRUE(second.ok()) << second.status();
  RemoveSocket(*first);
  EXPECT_EQ(ProbeSocket(dir / "s"), SocketState::kAlive);
  close(first->fd);
  close(second->fd);
}

TEST(SweepSockets, RemovesOnlyWhatTheDeadLeft) {
  const TempDir dir;
  const std::string dead = dir / NameOf(EndedPid());
  LeaveStaleSocket(dead);
  const std::string live_process = dir / NameOf(getppid());
  LeaveStaleSocket(live_process);
  const std::string other_name = dir / "custom.sock";
  LeaveStaleSocket(other_name);
  const std::string answered = dir / NameOf(EndedPid());
  const auto listener = Listen(answered);  // by a process of another pid namespace, say
  ASSERT_TRUE(listener.ok());
  const std::string file = dir / NameOf(EndedPid());
  std::ofstream(file) << "x";

  SweepSockets(dir.path());
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(live_process));
  EXPECT_TRUE(std::filesystem::exists(other_name));
  EXPECT_TRUE(std::filesystem::exists(answered));
  EXPECT_TRUE(std::filesystem::exists(file));
  close(listener->fd);
}

}  // namespace
}  // namespace muster::inspector
