// musterd: watches the Muster processes of this machine.
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "inspector/endpoint/server.h"
#include "tools/musterd/command_line.h"
#include "tools/musterd/fleet.h"
#include "tools/musterd/listen_socket.h"
#include "tools/musterd/lock_file.h"
#include "tools/musterd/poller.h"
#include "tools/musterd/recorder.h"
#include "tools/musterd/routes.h"
#include "tools/musterd/store.h"

namespace muster::musterd {
namespace {

using inspector::Server;

// The signals that end the daemon. They are blocked in every thread, so that they arrive in
// sigwait() and nowhere else.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

absl::Status CreateDirectoryOf(const std::string& file) {
  const std::filesystem::path parent = std::filesystem::absolute(file).parent_path();
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("cannot create ", parent.string(), ": ",
                                                 error.message(), "; give another --db"));
}

// Serves and polls until a signal comes. What was started is stopped and the history is closed
// when this returns, but polls that hang may be left behind; their number is returned.
int Watch(const Options& options, const sigset_t& signals, Store* store, Fleet* fleet,
          ListenSocket* socket) {
  Recorder recorder(store, fleet);
  Poller poller(options.polling, ListProcesses, Poll, &recorder);
  const Routes routes(store, fleet);
  Server server(socket->Release(), [&routes](std::string_view method, std::string_view target) {
    return routes.Answer(method, target);
  });
  std::thread serving([&server] { server.Run(); });
  std::thread polling([&poller] { poller.Run(); });
  std::fprintf(stderr, "musterd: serving on %s, polling every %s, history in %s\n",
               socket->address().c_str(), absl::FormatDuration(options.polling.interval).c_str(),
               options.db.c_str());
  int signal = 0;
  sigwait(&signals, &signal);
  poller.Stop();
  server.Stop();
  polling.join();
  serving.join();
  return poller.Unfinished();
}

absl::StatusOr<int> Run(const Options& options) {
  // Dumps tell much about a program: what is written here is for this user only.
  umask(077);
  const sigset_t signals = BlockStopSignals();
  if (absl::Status status = CreateDirectoryOf(options.db); !status.ok()) return status;
  const absl::StatusOr<LockFile> lock = LockFile::Acquire(options.db);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(options.db, options.retention);
  if (!store.ok()) return store.status();
  absl::StatusOr<ListenSocket> socket = ListenSocket::Open(options.listen);
  if (!socket.ok()) return socket.status();
  Fleet fleet;
  return Watch(options, signals, store->get(), &fleet, &*socket);
}

}  // namespace
}  // namespace muster::musterd

int main(int argc, char** argv) {
  const muster::musterd::Parsed parsed = muster::musterd::ParseCommandLine({argv + 1, argv + argc});
  if (!parsed.options) return parsed.exit_code;
  const absl::StatusOr<int> unfinished = muster::musterd::Run(*parsed.options);
  if (!unfinished.ok()) {
    std::fprintf(stderr, "musterd: %s\n", std::string(unfinished.status().message()).c_str());
    return 2;
  }
  // Threads that still wait for a process which hangs must not see static objects destroyed.
  if (*unfinished != 0) _exit(0);
  return 0;
}
