#include "inspector/capture/socket_directory.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "inspector/capture/targets.h"
#include "muster/inspector/capture.h"
#include "tests/inspector/capture/temp_dir.h"

namespace muster::inspector {
namespace {

bool Says(const absl::Status& status, const std::string& words) {
  return std::string(status.message()).find(words) != std::string::npos;
}

TEST(SocketDirectory, LiesInTheRuntimeDirectory) {
  const TempDir dir;
  EXPECT_EQ(SocketDirectoryFor(dir.path(), 1000), dir.path() + "/muster");
}

TEST(SocketDirectory, LiesInTmpWithoutAUsableRuntimeDirectory) {
  EXPECT_EQ(SocketDirectoryFor(std::nullopt, 1000), "/tmp/muster-1000");
  EXPECT_EQ(SocketDirectoryFor("", 1000), "/tmp/muster-1000");
  EXPECT_EQ(SocketDirectoryFor("relative", 1000), "/tmp/muster-1000");
  EXPECT_EQ(SocketDirectoryFor("/nonexistent/run", 1000), "/tmp/muster-1000");
}

TEST(CreateSocketDirectory, MakesItForTheUserAlone) {
  const TempDir dir;
  const std::string path = dir / "muster";
  ASSERT_TRUE(CreateSocketDirectory(path).ok());
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  EXPECT_TRUE(CreateSocketDirectory(path).ok()) << "it may be there already";
}

TEST(CreateSocketDirectory, RefusesOneThatOthersCanWriteTo) {
  const TempDir dir;
  for (const mode_t mode : {0720, 0702, 01777}) {
    ASSERT_EQ(chmod(dir.path().c_str(), mode), 0);
    const absl::Status status = CreateSocketDirectory(dir.path());
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_TRUE(Says(status, "others can write to it")) << status;
  }
  ASSERT_EQ(chmod(dir.path().c_str(), 0755), 0);
  EXPECT_TRUE(CreateSocketDirectory(dir.path()).ok());
}

TEST(CreateSocketDirectory, RefusesAnotherUsersDirectory) {
  const TempDir dir;
  const absl::Status status = CheckSocketDirectory(dir.path(), geteuid() + 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(Says(status, "belongs to uid")) << status;
}

TEST(CreateSocketDirectory, RefusesALinkAndAFile) {
  const TempDir dir;
  std::filesystem::create_directory_symlink("/tmp", dir / "link");
  std::ofstream(dir / "file") << "x";
  for (const char* name : {"link", "file"}) {
    const absl::Status status = CreateSocketDirectory(dir / name);
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << name;
    EXPECT_TRUE(Says(status, "is not a directory")) << status;
  }
}

TEST(CreateSocketDirectory, SaysWhyItCannotBeMade) {
  const absl::Status status = CreateSocketDirectory("/nonexistent/run/muster");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Says(status, "/nonexistent/run/muster: cannot make the directory: No such file"));
}

TEST(ProbeSocket, TellsFilesFromSockets) {
  const TempDir dir;
  std::ofstream(dir / "file") << "x";
  EXPECT_EQ(ProbeSocket(dir / "file"), SocketState::kNotSocket);
  EXPECT_EQ(ProbeSocket(dir / "none"), SocketState::kAbsent);
  EXPECT_EQ(ProbeSocket(dir / "file/below"), SocketState::kAbsent);
}

TEST(SocketPid, ReadsDefaultNamesOnly) {
  EXPECT_EQ(SocketPid("123.sock"), 123);
  for (const char* other : {"", ".sock", "0.sock", "-1.sock", "1x.sock", "123", "123.sock.old",
                            "99999999999.sock", " 1.sock"}) {
    EXPECT_EQ(SocketPid(other), std::nullopt) << other;
  }
}

TEST(ListTargets, IsEmptyWithoutADirectory) {
  const TempDir dir;
  setenv("XDG_RUNTIME_DIR", dir.path().c_str(), 1);
  EXPECT_TRUE(ListTargets().empty());
}

TEST(ListTargets, TrustsNoDirectoryThatOthersCanWriteTo) {
  const TempDir dir;
  setenv("XDG_RUNTIME_DIR", dir.path().c_str(), 1);
  ASSERT_TRUE(CreateSocketDirectory(SocketDirectory()).ok());
  ASSERT_EQ(chmod(SocketDirectory().c_str(), 0777), 0);
  EXPECT_TRUE(ListTargets().empty());
}

TEST(SocketOfProcess, SaysThatThereIsNoProcess) {
  const auto path = SocketOfProcess(0x7ffffffe);
  EXPECT_EQ(path.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Says(path.status(), "no process has the id 2147483646")) << path.status();
}

TEST(SocketOfProcess, SaysWhatAProcessWithoutSocketLacks) {
  const auto path = SocketOfProcess(getppid());
  EXPECT_EQ(path.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Says(path.status(), absl::StrCat("process ", getppid(), " ("))) << path.status();
  EXPECT_TRUE(Says(path.status(), "does not link muster::inspector")) << path.status();
}

}  // namespace
}  // namespace muster::inspector
