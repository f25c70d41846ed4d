# Every library that cbench is built from, found once. Required: what the program itself needs. Optional: what a model
# needs; where it is missing the model is listed as absent, with the name of the target that was not found.
find_package(Threads REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(GSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)

find_package(Boost 1.81 QUIET COMPONENTS fiber context)
find_package(TBB QUIET)
pkg_check_modules(libuv QUIET IMPORTED_TARGET libuv)

# CAF 0.17 ships neither a CMake package nor a pkg-config file. Later versions are another API.
find_path(CAF_INCLUDE_DIR caf/all.hpp)
find_library(CAF_CORE_LIBRARY caf_core)
find_library(CAF_IO_LIBRARY caf_io)
mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY CAF_IO_LIBRARY)
if(CAF_INCLUDE_DIR AND CAF_CORE_LIBRARY AND CAF_IO_LIBRARY)
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp line REGEX "define CAF_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+$" number "${line}")  # 1706 is 0.17.6
  math(EXPR minor "${number} / 100 % 100")
  math(EXPR patch "${number} % 100")
  set(CAF_VERSION 0.${minor}.${patch})
  if(number GREATER_EQUAL 1700 AND number LESS 1800)
    add_library(CAF::io INTERFACE IMPORTED)
    target_include_directories(CAF::io INTERFACE ${CAF_INCLUDE_DIR})
    target_link_libraries(CAF::io INTERFACE ${CAF_IO_LIBRARY} ${CAF_CORE_LIBRARY} Threads::Threads)
  endif()
endif()

if(CBENCH_TESTS)
  find_package(GTest 1.12 REQUIRED)
endif()
find_package(benchmark 1.7 REQUIRED)
