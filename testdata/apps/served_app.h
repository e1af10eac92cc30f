// A program of this folder that runs with --serve, for tests that look at it from outside.
#ifndef TESTDATA_APPS_SERVED_APP_H_
#define TESTDATA_APPS_SERVED_APP_H_

#include <sys/types.h>

#include <string>

namespace apps {

class ServedApp {
 public:
  // Starts PATH --serve and returns when it has said "ready", or has ended without.
  explicit ServedApp(const std::string& path);
  ~ServedApp();
  ServedApp(const ServedApp&) = delete;
  ServedApp& operator=(const ServedApp&) = delete;

  bool ready() const { return ready_; }
  pid_t pid() const { return pid_; }
  const std::string& output() const { return output_; }  // what it printed before "ready"

  // Closes its standard input and returns its wait status.
  int Stop();

 private:
  pid_t pid_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
  bool ready_ = false;
  std::string output_;
};

}  // namespace apps

#endif  // TESTDATA_APPS_SERVED_APP_H_
