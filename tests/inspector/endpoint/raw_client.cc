#include "tests/inspector/endpoint/raw_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace muster::inspector {

RawClient::RawClient(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

RawClient::~RawClient() {
  if (fd_ >= 0) close(fd_);
}

void RawClient::Send(const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;  // the server has closed its side; what it said can still be read
    sent += static_cast<size_t>(count);
  }
}

bool RawClient::ReadSome() {
  char block[65536];
  const ssize_t count = recv(fd_, block, sizeof(block), 0);
  if (count <= 0) return false;
  buffer_.append(block, static_cast<size_t>(count));
  return true;
}

std::string RawClient::ReadResponse(bool has_body) {
  size_t header = 0;
  while ((header = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadSome()) return std::exchange(buffer_, "");
  }
  size_t size = header + 4;
  constexpr char kLength[] = "Content-Length: ";
  const size_t length = buffer_.find(kLength);
  if (has_body && length < header) {
    size += std::strtoul(buffer_.c_str() + length + sizeof(kLength) - 1, nullptr, 10);
  }
  while (buffer_.size() < size) {
    if (!ReadSome()) return std::exchange(buffer_, "");
  }
  std::string response = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return response;
}

std::string RawClient::ReadToEnd() {
  while (ReadSome()) {
  }
  return std::exchange(buffer_, "");
}

std::string Ask(const std::string& path, const std::string& target, const std::string& method) {
  RawClient client(path);
  if (!client.connected()) return "cannot connect";
  client.Send(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  return client.ReadToEnd();
}

std::string BodyOf(const std::string& response) {
  const size_t header = response.find("\r\n\r\n");
  return header == std::string::npos ? "" : response.substr(header + 4);
}

}  // namespace muster::inspector
