// Completion scripts and the manual page, as the shells and man read them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "tests/tools/gprof-dump/tool.h"
#include "tools/gprof-dump/command_line.h"

namespace muster::testing {
namespace {

using gprof_dump::OptionText;
using gprof_dump::VerbText;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What bash offers for the last of `words`; the script is what the tool prints.
std::string Complete(const std::vector<std::string>& words) {
  std::string quoted;
  for (const std::string& word : words) quoted += " '" + word + "'";
  const RunResult result =
      RunProcess({"bash", "-c",
                  "source <('" GPROF_DUMP "' completion bash); gprof-dump() { echo 4242; }\n"
                  "COMP_WORDS=(" +
                      quoted + "); COMP_CWORD=" + std::to_string(words.size() - 1) +
                      "; _gprof_dump; echo \"${COMPREPLY[@]}\""});
  EXPECT_EQ(result.err, "");
  return result.out;
}

TEST(BashCompletion, OffersVerbsAndPids) {
  EXPECT_EQ(Complete({"gprof-dump", "re"}), "record replay\n");
  EXPECT_EQ(Complete({"gprof-dump", "check", "42"}), "4242\n");
}

TEST(BashCompletion, OffersTheOptionsOfTheVerb) {
  EXPECT_EQ(Complete({"gprof-dump", "check", "--min"}), "--min-certainty\n");
  EXPECT_EQ(Complete({"gprof-dump", "list", "--min"}), "\n");
  EXPECT_EQ(Complete({"gprof-dump", "--form"}), "--format\n");
}

TEST(BashCompletion, OffersTheWordsThatAnOptionTakes) {
  EXPECT_EQ(Complete({"gprof-dump", "graph", "--format", ""}), "dot svg text\n");
  EXPECT_EQ(Complete({"gprof-dump", "42", "--format", "te"}), "text1 text2\n");
  // bash makes three words of --color=al.
  EXPECT_EQ(Complete({"gprof-dump", "list", "--color", "=", "al"}), "always\n");
  EXPECT_EQ(Complete({"gprof-dump", "completion", ""}), "bash zsh\n");
}

TEST(ZshCompletion, HasEveryVerbAndOption) {
  const RunResult result = GprofDump({"completion", "zsh"});
  EXPECT_THAT(result.out, ::testing::StartsWith("#compdef gprof-dump\n"));
  for (const VerbText& verb : gprof_dump::DescribeVerbs()) {
    EXPECT_THAT(result.out, HasSubstr(verb.name));
    for (const OptionText& option : verb.options) {
      EXPECT_THAT(result.out, HasSubstr(option.names.back()));
    }
  }
}

TEST(ZshCompletion, IsTakenByZsh) {
  if (!InPath("zsh")) GTEST_SKIP() << "zsh is not installed";
  const RunResult result =
      RunProcess({"zsh", "-n", "/dev/stdin"}, {.input = GprofDump({"completion", "zsh"}).out});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(Completion, UnknownShellIsAMistake) {
  const RunResult result = GprofDump({"completion", "fish"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("fish is not one of bash, zsh"));
}

TEST(ManPage, HasEveryVerbAndOption) {
  const std::string page = GprofDump({"man"}).out;
  for (const VerbText& verb : gprof_dump::DescribeVerbs()) {
    if (!verb.name.empty()) {
      EXPECT_THAT(page, HasSubstr("\n.SS " + verb.name + "\n"));
    }
    for (const OptionText& option : verb.options) {
      const std::string name = absl::StrReplaceAll(option.names.back(), {{"-", "\\-"}});
      EXPECT_THAT(page, HasSubstr("\\fB" + name + "\\fR"));
    }
  }
  EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS"));
}

TEST(ManPage, IsTakenByGroffWithoutAWord) {
  if (!InPath("groff")) GTEST_SKIP() << "groff is not installed";
  const RunResult result =
      RunProcess({"groff", "-man", "-ww", "-Tascii", "-P-cbou"}, {.input = GprofDump({"man"}).out});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, AllOf(HasSubstr("EXIT STATUS"), Not(HasSubstr("\\f"))));
}

TEST(Help, EveryVerbHasIt) {
  for (const VerbText& verb : gprof_dump::DescribeVerbs()) {
    if (verb.name.empty()) continue;
    const RunResult result = GprofDump({verb.name, "--help"});
    EXPECT_EQ(result.exit_code, 0) << verb.name;
    EXPECT_THAT(result.out, HasSubstr(verb.help));
  }
}

}  // namespace
}  // namespace muster::testing
