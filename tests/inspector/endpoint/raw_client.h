// A client that sends bytes as they are, well-formed or not.
#ifndef MUSTER_TESTS_INSPECTOR_ENDPOINT_RAW_CLIENT_H_
#define MUSTER_TESTS_INSPECTOR_ENDPOINT_RAW_CLIENT_H_

#include <string>

namespace muster::inspector {

class RawClient {
 public:
  // Connects to a Unix socket.
  explicit RawClient(const std::string& path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  void Send(const std::string& bytes);
  // Reads one response by its Content-Length; what there is when the server ends it before.
  std::string ReadResponse(bool has_body = true);
  // Reads until the server closes the connection.
  std::string ReadToEnd();

 private:
  bool ReadSome();

  int fd_ = -1;
  std::string buffer_;
};

// One request on its own connection; the whole answer.
std::string Ask(const std::string& path, const std::string& target,
                const std::string& method = "GET");
// What follows the header.
std::string BodyOf(const std::string& response);

}  // namespace muster::inspector

#endif  // MUSTER_TESTS_INSPECTOR_ENDPOINT_RAW_CLIENT_H_
