# What an installed Muster is: headers, static libraries, the tools, and two ways to find them:
# find_package(Muster) with the components runtime, inspector and gtest, and pkg-config's muster,
# muster-tsan and muster-inspector. The installed tree may be moved: nothing in it knows where it was built or put.
include(CMakePackageConfigHelpers)

set(MUSTER_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Muster)
target_compile_features(muster_runtime INTERFACE cxx_std_20)

# muster_install_component(NAME TARGET...) exports the targets as muster::NAME and so on. A component
# has a file of its own, so that who wants the runtime only needs the runtime's dependencies only.
function(muster_install_component name)
  install(TARGETS ${ARGN} EXPORT muster-${name} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT muster-${name} NAMESPACE muster:: DESTINATION ${MUSTER_CMAKE_DIR}
          FILE muster-${name}-targets.cmake)
endfunction()

# muster_install_pkgconfig(NAME) fills NAME.pc.in. Paths are relative to the file itself.
file(RELATIVE_PATH MUSTER_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" MUSTER_PC_PREFIX ${MUSTER_PC_PREFIX})
function(muster_install_pkgconfig name)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

if(TARGET muster_runtime_tsan)
  target_compile_features(muster_runtime_tsan INTERFACE cxx_std_20)
  muster_install_component(runtime muster_runtime muster_runtime_tsan)
  muster_install_pkgconfig(muster-tsan)
else()
  muster_install_component(runtime muster_runtime)
endif()
muster_install_pkgconfig(muster)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN *.h)
if(TARGET muster_inspector)
  muster_install_component(inspector muster_inspector)
  muster_install_pkgconfig(muster-inspector)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/inspector/include/
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
endif()
if(TARGET muster_gtest)
  muster_install_component(gtest muster_gtest muster_gtest_main)
endif()
# The tools' own folders install them.

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/MusterConfig.cmake.in ${PROJECT_BINARY_DIR}/MusterConfig.cmake
  INSTALL_DESTINATION ${MUSTER_CMAKE_DIR} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MusterConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/MusterConfig.cmake
              ${PROJECT_BINARY_DIR}/MusterConfigVersion.cmake
        DESTINATION ${MUSTER_CMAKE_DIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
