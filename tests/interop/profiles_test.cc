// `go tool pprof` with every report on every profile: from a file and over HTTP, with the program
// and without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "tests/interop/clients.h"
#include "tests/interop/relay.h"

namespace muster::testing {
namespace {

using ::testing::HasSubstr;

struct ProfileCase {
  const char* page;
  const char* program;   // mode of the live program
  const char* function;  // stands in the profile
};

void PrintTo(const ProfileCase& profile, std::ostream* out) { *out << profile.page; }

constexpr int kTries = 20;

// The page, in a file.
std::string Save(const LiveProgram& program, const std::string& path) {
  const RunResult page = RunProcess(
      {"curl", "--silent", "--fail", "--unix-socket", program.socket(), "http://localhost" + path});
  EXPECT_EQ(page.exit_code, 0) << page.err;
  return program.directory().Write("profile", page.out);
}

class EveryProfile : public ::testing::TestWithParam<std::tuple<ProfileCase, const char*>> {};

TEST_P(EveryProfile, IsReadFromFileAndHttpWithTheProgramAndWithout) {
  MUSTER_NEEDS("go");
  MUSTER_NEEDS("curl");
  const auto& [profile, report] = GetParam();
  const LiveProgram program(profile.program);
  const std::string path = std::string("/debug/pprof/") + profile.page;
  const Relay relay(program.socket());
  const std::string url = relay.url() + path;
  for (const bool from_file : {true, false}) {
    for (const bool with_program : {false, true}) {
      SCOPED_TRACE(from_file ? "from a file" : "over HTTP");
      SCOPED_TRACE(with_program ? "with the program" : "without the program");
      RunResult result;
      // Old words in memory may hide a leak from one search, and not from the next.
      for (int tries = 0; tries < kTries; ++tries) {
        std::vector<std::string> arguments = {"tool", "pprof", report, "-nodefraction=0",
                                              "-edgefraction=0"};
        if (with_program) arguments.emplace_back(LIVE_PROGRAM);
        arguments.push_back(from_file ? Save(program, path) : url);
        result = Go(arguments);
        ASSERT_EQ(result.exit_code, 0) << result.err;
        if (result.out.find(profile.function) != std::string::npos) break;
      }
      EXPECT_THAT(result.out, HasSubstr(profile.function));
    }
  }
}

constexpr ProfileCase kProfiles[] = {
    {"goroutine", "contended", "RunContended"},
    {"goroutineleak", "leaky", "SendToNobody"},
    {"block", "contended", "ServeJobs"},
    {"mutex", "contended", "ReleaseContended"},
    {"goroutinecreate", "contended", "RunContended"},
};

INSTANTIATE_TEST_SUITE_P(Pprof, EveryProfile,
                         ::testing::Combine(::testing::ValuesIn(kProfiles),
                                            ::testing::Values("-top", "-tree", "-traces", "-raw")),
                         [](const ::testing::TestParamInfo<EveryProfile::ParamType>& test) {
                           return std::string(std::get<0>(test.param).page) + "_" +
                                  (std::get<1>(test.param) + 1);
                         });

}  // namespace
}  // namespace muster::testing
