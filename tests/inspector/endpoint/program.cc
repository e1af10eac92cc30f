#include "tests/inspector/endpoint/program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::inspector {

Program::Program(const std::vector<std::string>& command,
                 const std::vector<std::string>& environment) {
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) abort();
  errors_ = memfd_create("errors", MFD_CLOEXEC);  // takes any amount without a reader
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(errors_, STDERR_FILENO);
    unsetenv("MUSTER_ENDPOINT");
    for (const std::string& variable : environment) putenv(const_cast<char*>(variable.c_str()));
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

Program::~Program() {
  Finish();
  close(output_);
  close(errors_);
}

std::string Program::ReadLine() {
  std::string line;
  char byte;
  while (read(output_, &byte, 1) == 1 && byte != '\n') line += byte;
  return line;
}

void Program::Kill() { kill(pid_, SIGKILL); }

int Program::Finish() {
  if (pid_ < 0) return status_;
  close(input_);
  waitpid(pid_, &status_, 0);
  pid_ = -1;
  return status_;
}

std::string Program::Errors() {
  std::string text;
  char block[4096];
  off_t at = 0;
  for (ssize_t count; (count = pread(errors_, block, sizeof(block), at)) > 0; at += count) {
    text.append(block, static_cast<size_t>(count));
  }
  return text;
}

}  // namespace muster::inspector
