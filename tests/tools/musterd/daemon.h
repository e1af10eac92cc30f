// A musterd for tests: its own history, its own directory of sockets, a free port.
#ifndef TESTS_TOOLS_MUSTERD_DAEMON_H_
#define TESTS_TOOLS_MUSTERD_DAEMON_H_

#include <map>
#include <string>
#include <vector>

#include "tests/tools/process.h"

namespace muster::testing {

class Daemon {
 public:
  // Starts it and waits until it serves. `directory` holds everything it makes.
  explicit Daemon(const TemporaryDirectory& directory, const std::vector<std::string>& options = {},
                  const std::string& listen = "127.0.0.1:0");

  // What it said on stderr when it was ready.
  const std::string& greeting() const { return greeting_; }
  Background& process() { return process_; }

  // The body of an answer with status 200; fails the test on any other.
  std::string Get(const std::string& target) const;
  unsigned Status(const std::string& target) const;
  // Asks until the answer contains `text`, and returns it. The test's time limit ends a vain wait.
  std::string Await(const std::string& target, const std::string& text) const;
  // Waits until a whole round of polls, begun after this call, has ended.
  void AwaitRound() const;

 private:
  int Cycles() const;

  Background process_;
  std::string greeting_;
  std::string address_;
};

// The environment in which programs put their sockets where that daemon looks.
std::map<std::string, std::string> SocketsIn(const TemporaryDirectory& directory);

}  // namespace muster::testing

#endif  // TESTS_TOOLS_MUSTERD_DAEMON_H_
