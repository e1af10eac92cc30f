#include "inspector/endpoint/tool_thread.h"

#include <pthread.h>
#include <signal.h>

#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "muster/record.h"

namespace muster::inspector {

absl::Status StartToolThread(const char* name, std::function<void()> body) {
  // A thread inherits its creator's mask, so that it has never a moment in which it takes a signal.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // But for the one that stops all threads while memory is searched for leaks (muster/leaks.h).
  sigdelset(&all, SIGURG);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  absl::Status status;
  try {
    // Only when the runtime knows the thread may the program go on: an unknown thread could wake
    // anybody, and would hide a deadlock at the very start.
    std::promise<void> marked;
    std::thread([name, &marked, run = std::move(body)] {
      record::MarkSystemThread();
      pthread_setname_np(pthread_self(), name);
      marked.set_value();
      run();
    }).detach();
    marked.get_future().wait();
  } catch (const std::system_error& error) {
    status = absl::UnavailableError(
        absl::StrCat("cannot start the thread ", name, ": ", error.code().message()));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return status;
}

}  // namespace muster::inspector
