# kith_dependencies: the Debian packages that src/io and src/app may use (ARCHITECTURE.md, "Dependencies").
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(uv REQUIRED IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(openssl REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.13)

add_library(kith_dependencies INTERFACE)
target_link_libraries(kith_dependencies INTERFACE PkgConfig::uv PkgConfig::openssl
    PkgConfig::sqlite PkgConfig::jansson PkgConfig::yaml Threads::Threads)

# Building the program does without it.
pkg_check_modules(cmocka IMPORTED_TARGET cmocka)
if(NOT cmocka_FOUND)
    message(STATUS "cmocka is not installed (next: make test): no unit tests")
endif()
