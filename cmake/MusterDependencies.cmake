# Everything comes from Debian's packages; tools/test installs what is missing.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS context)
find_package(PkgConfig REQUIRED)
find_package(absl REQUIRED)

# Only the header: the library is bound at run time (see MusterUnwind.cmake). LLVM's libunwind has no
# libunwind-common.h and is another library of the same name.
find_path(MUSTER_LIBUNWIND_INCLUDE_DIR NAMES libunwind-common.h REQUIRED)

if(NOT MUSTER_RUNTIME_ONLY)
  find_package(Protobuf REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(SQLite3 REQUIRED)
  find_package(nlohmann_json 3.11 REQUIRED)
  find_package(CLI11 REQUIRED)
  pkg_check_modules(LIBDW REQUIRED IMPORTED_TARGET libdw)
endif()
if(MUSTER_BUILD_TESTS)
  find_package(GTest REQUIRED)
elseif(NOT MUSTER_RUNTIME_ONLY)
  find_package(GTest)  # muster::gtest is built where GoogleTest is there.
endif()
