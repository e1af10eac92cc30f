// A child process of a test, with pipes to its standard streams.
#ifndef MUSTER_TESTS_INSPECTOR_ENDPOINT_PROGRAM_H_
#define MUSTER_TESTS_INSPECTOR_ENDPOINT_PROGRAM_H_

#include <string>
#include <vector>

namespace muster::inspector {

class Program {
 public:
  // Starts `command` with "NAME=VALUE" strings added to the environment.
  Program(const std::vector<std::string>& command, const std::vector<std::string>& environment);
  // Ends its input, and waits for it.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  int pid() const { return pid_; }
  // The next line of its output; "" at the end.
  std::string ReadLine();
  void Kill();
  // Ends its input and waits; gives the wait status.
  int Finish();
  // All that it has written to standard error. After Finish.
  std::string Errors();

 private:
  int pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  int status_ = 0;
};

}  // namespace muster::inspector

#endif  // MUSTER_TESTS_INSPECTOR_ENDPOINT_PROGRAM_H_
