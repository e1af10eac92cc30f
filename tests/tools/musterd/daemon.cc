#include "tests/tools/musterd/daemon.h"

#include <gtest/gtest.h>

#include <utility>

#include "inspector/capture/http_client.h"

namespace muster::testing {
namespace {

std::vector<std::string> CommandLine(const TemporaryDirectory& directory,
                                     const std::vector<std::string>& options,
                                     const std::string& listen) {
  std::vector<std::string> arguments{
      MUSTERD, "--db", directory / "musterd.db", "--interval", "100ms", "--listen", listen};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

inspector::HttpPeer PeerOf(const std::string& address) {
  if (address.rfind("unix:", 0) == 0) return inspector::UnixAddress{address.substr(5)};
  auto url = inspector::ParseHttpUrl("http://" + address);
  EXPECT_TRUE(url.ok()) << url.status();
  return *std::move(url);
}

}  // namespace

std::map<std::string, std::string> SocketsIn(const TemporaryDirectory& directory) {
  return {{"XDG_RUNTIME_DIR", directory.path()}, {"MUSTER_ENDPOINT", ""}};
}

Daemon::Daemon(const TemporaryDirectory& directory, const std::vector<std::string>& options,
               const std::string& listen)
    : process_(CommandLine(directory, options, listen), SocketsIn(directory)),
      greeting_(process_.ReadUntil("serving on ")) {
  const size_t begin = greeting_.find("serving on ");
  EXPECT_NE(begin, std::string::npos) << "musterd did not start";
  if (begin == std::string::npos) return;
  const size_t address = begin + std::string("serving on ").size();
  address_ = greeting_.substr(address, greeting_.find(',', address) - address);
}

std::string Daemon::Get(const std::string& target) const {
  const auto answer = inspector::HttpGet(PeerOf(address_), target);
  EXPECT_TRUE(answer.ok()) << answer.status();
  if (!answer.ok()) return "";
  EXPECT_EQ(answer->status, 200u) << target << ": " << answer->body;
  return answer->body;
}

unsigned Daemon::Status(const std::string& target) const {
  const auto answer = inspector::HttpGet(PeerOf(address_), target);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? answer->status : 0;
}

std::string Daemon::Await(const std::string& target, const std::string& text) const {
  std::string body;
  do {
    body = Get(target);
  } while (body.find(text) == std::string::npos && !::testing::Test::HasFailure());
  return body;
}

int Daemon::Cycles() const {
  const std::string metrics = Get("/metrics");
  const std::string name = "\nmusterd_cycles_total ";
  const size_t found = metrics.find(name);
  return found == std::string::npos ? -1 : std::stoi(metrics.substr(found + name.size()));
}

void Daemon::AwaitRound() const {
  // The round that is under way may have begun before this call, the one after it has not.
  const int wanted = Cycles() + 2;
  while (Cycles() < wanted && !::testing::Test::HasFailure()) {
  }
}

}  // namespace muster::testing
