// The main function of a test binary with the leak gate in place.
#include <gtest/gtest.h>

#include "muster/inspector/gtest.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  muster::inspector::InstallLeakGate();
  return RUN_ALL_TESTS();
}
