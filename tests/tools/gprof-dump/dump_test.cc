// `gprof-dump TARGET` on saved dumps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tools/dumps.h"
#include "tests/tools/gprof-dump/tool.h"

namespace muster::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kEscape[] = "\x1b[";

RunResult Dump(const std::string& dump, std::vector<std::string> options = {},
               RunOptions run = {}) {
  options.insert(options.begin(), "-");
  run.input = dump;
  return GprofDump(options, run);
}

TEST(GprofDump, GroupsByDefault) {
  const RunResult result = Dump(kHealthyDump);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("IO wait"), HasSubstr("main.serve"),
                                HasSubstr("/src/app/serve.go:30")));
  EXPECT_EQ(Dump(kHealthyDump, {"--format=grouped"}).out, result.out);
}

TEST(GprofDump, Text2NamesCreator) {
  const RunResult result = Dump(kHealthyDump, {"--format=text2"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(StartsWith("goroutine 1 [running]:\n"),
                                HasSubstr("created by main.main in goroutine 1\n")));
}

TEST(GprofDump, Text1HasGosHeader) {
  EXPECT_THAT(Dump(kHealthyDump, {"--format=text1"}).out,
              StartsWith("goroutine profile: total 2\n"));
}

TEST(GprofDump, JsonParses) {
  EXPECT_TRUE(nlohmann::json::parse(Dump(kHealthyDump, {"--format=json"}).out).is_object());
}

TEST(GprofDump, EveryFormatIsReadBackWithTheSameTotal) {
  for (const char* format : {"text1", "text2", "proto", "json", "wire"}) {
    const RunResult written = Dump(kStuckDump, {std::string("--format=") + format});
    ASSERT_EQ(written.exit_code, 0) << format << ": " << written.err;
    const RunResult read = Dump(written.out, {"--format=text1"});
    EXPECT_EQ(read.exit_code, 0) << format << ": " << read.err;
    EXPECT_THAT(read.out, StartsWith("goroutine profile: total 2\n")) << format;
  }
}

TEST(GprofDump, ProtoIsGzipped) {
  EXPECT_THAT(Dump(kHealthyDump, {"--format=proto"}).out, StartsWith("\x1f\x8b"));
}

TEST(GprofDump, BinaryFormsAreNotShownOnATerminal) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  for (const char* format : {"--format=proto", "--format=wire"}) {
    const RunResult result = Dump(kHealthyDump, {format}, {.terminal = true});
    EXPECT_EQ(result.exit_code, 2) << format;
    EXPECT_EQ(result.out, "") << format;
    EXPECT_THAT(result.err, HasSubstr("add -o FILE")) << format;
  }
}

TEST(GprofDump, BinaryFormGoesToAFileFromATerminal) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  const TemporaryDirectory directory;
  const RunResult result =
      Dump(kHealthyDump, {"--format=proto", "-o", directory / "g.pb.gz"}, {.terminal = true});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(ReadFile(directory / "g.pb.gz"), StartsWith("\x1f\x8b"));
}

TEST(GprofDump, ColorsOnATerminalOnly) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  const RunOptions terminal{.env = {{"TERM", "xterm"}, {"NO_COLOR", ""}}, .terminal = true};
  EXPECT_THAT(Dump(kHealthyDump, {}, terminal).out, HasSubstr(kEscape));
  EXPECT_THAT(Dump(kHealthyDump, {}).out, Not(HasSubstr(kEscape)));
  EXPECT_THAT(Dump(kHealthyDump, {"--color=always"}).out, HasSubstr(kEscape));
  EXPECT_THAT(Dump(kHealthyDump, {"--color=never"}, terminal).out, Not(HasSubstr(kEscape)));
}

TEST(GprofDump, NoColorAndDumbTerminalsAreRespected) {
  if (!HaveTerminals()) GTEST_SKIP() << "no pseudo-terminals here: is /dev/pts mounted?";
  EXPECT_THAT(
      Dump(kHealthyDump, {}, {.env = {{"TERM", "xterm"}, {"NO_COLOR", "1"}}, .terminal = true}).out,
      Not(HasSubstr(kEscape)));
  EXPECT_THAT(
      Dump(kHealthyDump, {}, {.env = {{"TERM", "dumb"}, {"NO_COLOR", ""}}, .terminal = true}).out,
      Not(HasSubstr(kEscape)));
}

TEST(GprofDump, ReaderThatGoesAwayEndsItQuietly) {
  const RunResult result = Dump(kHealthyDump, {}, {.close_output = true});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(result.err, "");
}

TEST(GprofDump, OutputFileReplacesTheOldOneAndLeavesNothingElse) {
  const TemporaryDirectory directory;
  const std::string out = directory.Write("out.txt", "before");
  chmod(out.c_str(), 0640);
  EXPECT_EQ(Dump(kHealthyDump, {"--format=text2", "-o", out}).exit_code, 0);
  EXPECT_THAT(ReadFile(out), StartsWith("goroutine 1 [running]:"));
  struct stat info {};
  ASSERT_EQ(stat(out.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  const std::filesystem::directory_iterator entries(directory.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(GprofDump, OutputThroughASymbolicLinkKeepsTheLink) {
  const TemporaryDirectory directory;
  const std::string file = directory.Write("file.txt", "before");
  const std::string link = directory / "link.txt";
  ASSERT_EQ(symlink(file.c_str(), link.c_str()), 0);
  EXPECT_EQ(Dump(kHealthyDump, {"--format=text2", "-o", link}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_THAT(ReadFile(file), StartsWith("goroutine 1 [running]:"));
}

TEST(GprofDump, OutputToADeviceIsWrittenInPlace) {
  EXPECT_EQ(Dump(kHealthyDump, {"-o", "/dev/null"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(GprofDump, CutDumpIsShownAndSaidToBeCutOnce) {
  const std::string whole = kHealthyDump;
  const std::string cut = whole.substr(0, whole.find("serve.go:30"));
  for (const char* format : {"grouped", "proto"}) {
    const RunResult result = Dump(cut, {std::string("--format=") + format});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(CountOf(result.out + result.err, "in the middle"), 1u) << format << result.out;
  }
  EXPECT_THAT(Dump(cut, {"--format=json"}).out, HasSubstr("\"truncated\":true"));
}

}  // namespace
}  // namespace muster::testing
