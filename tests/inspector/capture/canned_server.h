// A server that sends prepared bytes, whatever they are: it shows what the client makes of answers
// that no well-behaved server gives.
#ifndef MUSTER_TESTS_INSPECTOR_CAPTURE_CANNED_SERVER_H_
#define MUSTER_TESTS_INSPECTOR_CAPTURE_CANNED_SERVER_H_

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace muster::inspector {

// An HTTP response with a body.
std::string Http(int status, const std::string& body);

class CannedServer {
 public:
  // Gives the bytes to send for a request line; then the connection is closed. "" sends nothing and
  // keeps it open.
  using Script = std::function<std::string(const std::string& request_line)>;

  // Listens on a Unix socket at `path`, or with an empty path on a free port of 127.0.0.1.
  CannedServer(const std::string& path, Script script);
  ~CannedServer();
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  std::string url() const;  // of the port
  std::vector<std::string> requests();

 private:
  void Serve();

  int listener_ = -1;
  int port_ = 0;
  Script script_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<int> open_;
  std::thread thread_;
};

}  // namespace muster::inspector

#endif  // MUSTER_TESTS_INSPECTOR_CAPTURE_CANNED_SERVER_H_
