#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "inspector/capture/socket_directory.h"
#include "inspector/endpoint/listener.h"
#include "inspector/endpoint/routes.h"
#include "inspector/endpoint/server.h"
#include "inspector/endpoint/tool_thread.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/endpoint.h"

namespace muster::inspector {
namespace {

constexpr std::string_view kUnix = "unix:";

// How long the exit of the program waits for a dump that is being made.
constexpr time_t kExitPatienceSeconds = 2;

// The running endpoint. Never destroyed: its thread lives until the process ends.
struct Endpoint {
  pid_t pid = 0;
  Listener listener;
  std::unique_ptr<Server> server;
  sem_t ended;
};

std::mutex starting;
std::atomic<Endpoint*> running{nullptr};

// The file goes, and the thread stops before the program's static objects do.
void StopAtExit() {
  Endpoint* endpoint = running.load();
  if (endpoint == nullptr || endpoint->pid != getpid()) return;
  RemoveSocket(endpoint->listener);
  endpoint->server->Stop();
  timespec limit;
  clock_gettime(CLOCK_MONOTONIC, &limit);
  limit.tv_sec += kExitPatienceSeconds;
  while (sem_clockwait(&endpoint->ended, CLOCK_MONOTONIC, &limit) != 0 && errno == EINTR) {
  }
}

// A forked child has the socket but not the thread: were it left open, the parent's clients would
// wait for the child after the parent's end.
void CloseInChild() {
  const Endpoint* endpoint = running.exchange(nullptr);
  if (endpoint != nullptr) close(endpoint->listener.fd);
}

// What MUSTER_ENDPOINT asks for: a path, or "" for none.
absl::StatusOr<std::string> RequestedPath() {
  const char* variable = std::getenv("MUSTER_ENDPOINT");
  const std::string_view value = variable == nullptr ? "" : variable;
  if (value == "off") return "";
  if (value.starts_with(kUnix) && value.size() > kUnix.size()) {
    return std::string(value.substr(kUnix.size()));
  }
  if (!value.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("MUSTER_ENDPOINT=", variable, ": write unix:PATH or off"));
  }
  const std::string directory = SocketDirectory();
  if (absl::Status made = CreateSocketDirectory(directory); !made.ok()) return made;
  SweepSockets(directory);
  return absl::StrCat(directory, "/", getpid(), ".sock");
}

absl::Status Serve(Listener listener) {
  auto* endpoint = new Endpoint;
  endpoint->pid = getpid();
  endpoint->listener = std::move(listener);
  sem_init(&endpoint->ended, 0, 0);
  endpoint->server = std::make_unique<Server>(endpoint->listener.fd, Route);
  absl::Status started = StartToolThread("muster-endpoint", [endpoint] {
    endpoint->server->Run();
    sem_post(&endpoint->ended);
  });
  if (!started.ok()) {
    RemoveSocket(endpoint->listener);
    delete endpoint;
    return started;
  }
  running.store(endpoint);
  // Once for the process, though a child of fork may have an endpoint of its own.
  static const int registered = [] {
    std::atexit(StopAtExit);
    return pthread_atfork(nullptr, nullptr, CloseInChild);
  }();
  (void)registered;
  return absl::OkStatus();
}

}  // namespace

absl::Status StartEndpoint() {
  const std::lock_guard<std::mutex> lock(starting);
  const Endpoint* endpoint = running.load();
  if (endpoint != nullptr && endpoint->pid == getpid()) return absl::OkStatus();
  const absl::StatusOr<std::string> path = RequestedPath();
  if (!path.ok() || path->empty()) return path.status();
  absl::StatusOr<Listener> listener = Listen(*path);
  if (!listener.ok()) return listener.status();
  return Serve(*std::move(listener));
}

std::string EndpointAddress() {
  const Endpoint* endpoint = running.load();
  if (endpoint == nullptr || endpoint->pid != getpid()) return "";
  return absl::StrCat(kUnix.data(), endpoint->listener.path);
}

}  // namespace muster::inspector
