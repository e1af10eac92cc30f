#include "tests/inspector/capture/canned_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::inspector {
namespace {

int ListenUnix(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) abort();
  return fd;
}

int ListenTcp(int* port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) abort();
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  *port = ntohs(address.sin_port);
  return fd;
}

// Reads a request's header and gives its first line.
std::string ReadRequest(int fd) {
  std::string request;
  char block[1024];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(fd, block, sizeof(block), 0);
    if (count <= 0) break;
    request.append(block, static_cast<size_t>(count));
  }
  return request.substr(0, request.find("\r\n"));
}

}  // namespace

std::string Http(int status, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", status, " Status\r\nContent-Length: ", body.size(),
                      "\r\nConnection: close\r\n\r\n", body);
}

CannedServer::CannedServer(const std::string& path, Script script) : script_(std::move(script)) {
  listener_ = path.empty() ? ListenTcp(&port_) : ListenUnix(path);
  if (listen(listener_, 16) != 0) abort();
  thread_ = std::thread([this] { Serve(); });
}

CannedServer::~CannedServer() {
  shutdown(listener_, SHUT_RDWR);  // ends accept
  thread_.join();
  close(listener_);
  for (const int fd : open_) close(fd);
}

std::string CannedServer::url() const { return absl::StrCat("http://127.0.0.1:", port_); }

std::vector<std::string> CannedServer::requests() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

void CannedServer::Serve() {
  while (true) {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const std::string line = ReadRequest(fd);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      requests_.push_back(line);
    }
    const std::string bytes = script_(line);
    if (bytes.empty()) {
      open_.push_back(fd);
      continue;
    }
    size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<size_t>(count);
    }
    close(fd);
  }
}

}  // namespace muster::inspector
