// Golden files of what people read. MUSTER_UPDATE_GOLDEN=1 rewrites them.
#ifndef MUSTER_TESTS_INSPECTOR_REPORT_GOLDEN_H_
#define MUSTER_TESTS_INSPECTOR_REPORT_GOLDEN_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace muster::inspector {

inline void ExpectGolden(const std::string& text, const std::string& name) {
  const std::string path = std::string(GOLDEN_DIR) + "/" + name;
  if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  ASSERT_TRUE(file.good()) << "no golden file " << path
                           << "; make it with MUSTER_UPDATE_GOLDEN=1 and read it";
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str());
}

}  // namespace muster::inspector

#endif  // MUSTER_TESTS_INSPECTOR_REPORT_GOLDEN_H_
