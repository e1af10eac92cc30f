#include "testdata/apps/served_app.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>

extern char** environ;

namespace apps {

ServedApp::ServedApp(const std::string& path) {
  std::array<int, 2> in, out;
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, out[1], STDERR_FILENO);
  std::string program = path, option = "--serve";
  const std::array<char*, 3> argv = {program.data(), option.data(), nullptr};
  const int error = posix_spawn(&pid_, path.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  close(in[0]);
  close(out[1]);
  to_child_ = in[1];
  from_child_ = out[0];
  if (error != 0) throw std::runtime_error("cannot start " + path);
  for (char c = 0; !ready_ && read(from_child_, &c, 1) == 1;) {
    output_ += c;
    ready_ = output_ == "ready\n" || (output_.size() > 6 && output_.ends_with("\nready\n"));
  }
}

int ServedApp::Stop() {
  close(to_child_);
  to_child_ = -1;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

ServedApp::~ServedApp() {
  if (pid_ > 0) Stop();
  close(from_child_);
}

}  // namespace apps
