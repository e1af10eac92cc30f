// A directory for one test, gone with it.
#ifndef MUSTER_TESTS_INSPECTOR_CAPTURE_TEMP_DIR_H_
#define MUSTER_TESTS_INSPECTOR_CAPTURE_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace muster::inspector {

class TempDir {
 public:
  TempDir() {
    // Short, for a socket's path must fit into 107 bytes.
    char path[] = "/tmp/muster-test-XXXXXX";
    path_ = mkdtemp(path);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace muster::inspector

#endif  // MUSTER_TESTS_INSPECTOR_CAPTURE_TEMP_DIR_H_
