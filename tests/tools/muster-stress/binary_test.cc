#include "tools/muster-stress/binary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace muster::stress {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + name + "_" + std::to_string(getpid());
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(FindProgram, LooksInPathForANameWithoutSlash) {
  std::string problem;
  EXPECT_THAT(FindProgram("sh", &problem), EndsWith("/sh"));
  EXPECT_EQ(FindProgram("no-such-program-anywhere", &problem), "");
  EXPECT_EQ(problem, "no such program in PATH");
}

TEST(FindProgram, SaysWhatIsWrongWithAPath) {
  std::string problem;
  EXPECT_EQ(FindProgram("/no/such/file", &problem), "");
  EXPECT_EQ(problem, "No such file or directory");
  EXPECT_EQ(FindProgram("/tmp/", &problem), "");
  EXPECT_EQ(problem, "it is a directory");
  EXPECT_EQ(FindProgram(WriteFile("plain.txt", "x"), &problem), "");
  EXPECT_EQ(problem, "it is not executable");
}

TEST(DetectTsan, KnowsTheTestsOwnBuild) {
  EXPECT_EQ(DetectTsan(PLANTED_BIN), WITH_TSAN ? TsanBuild::kClang : TsanBuild::kNone);
}

TEST(DetectTsan, TellsGccsRuntimeFromClangs) {
  EXPECT_EQ(DetectTsan(WriteFile("shared-gcc", "ELF libtsan.so.2 __tsan_init")), TsanBuild::kGcc);
  EXPECT_EQ(DetectTsan(WriteFile("static-gcc", "ELF __tsan_init GCC: 12.2")), TsanBuild::kGcc);
  EXPECT_EQ(DetectTsan(WriteFile("clang", "ELF __tsan_init Debian clang version 19.1")),
            TsanBuild::kClang);
}

TEST(TsanOptions, LetsTheUserHaveTheLastWord) {
  const std::string options = TsanOptions("/usr/bin/llvm-symbolizer-19", "halt_on_error=1");
  EXPECT_THAT(options, HasSubstr("external_symbolizer_path=/usr/bin/llvm-symbolizer-19"));
  EXPECT_THAT(options, EndsWith(":halt_on_error=1"));
  EXPECT_EQ(TsanOptions("", "").find("symbolizer"), std::string::npos);
}

}  // namespace
}  // namespace muster::stress
