# kith_dependencies: the Debian packages that src/io and src/app may use (README, "Libraries").
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(uv REQUIRED IMPORTED_TARGET libuv>=1.44)
pkg_check_modules(openssl REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)

# libcsv-dev ships no .pc file.
find_library(csv_library csv REQUIRED)
find_path(csv_include csv.h REQUIRED)

add_library(kith_dependencies INTERFACE)
target_include_directories(kith_dependencies SYSTEM INTERFACE ${csv_include})
target_link_libraries(kith_dependencies INTERFACE PkgConfig::uv PkgConfig::openssl
    PkgConfig::sqlite PkgConfig::jansson PkgConfig::yaml ${csv_library} Threads::Threads)

# Building the program does without it.
pkg_check_modules(cmocka IMPORTED_TARGET cmocka)
if(NOT cmocka_FOUND)
    message(STATUS "cmocka is not installed (next: make test): no unit tests")
endif()
