# What we link from Debian. Each has its reason in docs/decisions/dependencies.md.
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(date REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)

pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(openssl REQUIRED IMPORTED_TARGET openssl)
pkg_check_modules(icu REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
find_library(MIMALLOC mimalloc REQUIRED)

pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(pango REQUIRED IMPORTED_TARGET pangocairo cairo cairo-pdf cairo-svg fontconfig)
pkg_check_modules(graphviz REQUIRED IMPORTED_TARGET libgvc)
pkg_check_modules(ical REQUIRED IMPORTED_TARGET libical)
pkg_check_modules(zip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(xlsxwriter REQUIRED IMPORTED_TARGET xlsxwriter)
pkg_check_modules(pugixml REQUIRED IMPORTED_TARGET pugixml)

# without_flags(<target> <pkg>…): headers and libraries only. Some of these ask for -pthread or macros, and a file compiled
# with other flags than the precompiled header cannot use it.
function(without_flags target)
    add_library(${target} INTERFACE)
    foreach(package IN LISTS ARGN)
        target_include_directories(${target} SYSTEM INTERFACE ${${package}_INCLUDE_DIRS})
        target_link_libraries(${target} INTERFACE ${${package}_LINK_LIBRARIES})
    endforeach()
endfunction()

# Engines read much and fast. edge/document makes what people print, open in a spreadsheet, or put into a calendar.
without_flags(engine_libraries simdjson re2 zstd zlib yaml)
without_flags(document_libraries pango graphviz ical zip xlsxwriter pugixml)

# The kernel's. --as-needed drops from each program what it does not use.
add_library(kernel_libraries INTERFACE)
target_link_libraries(kernel_libraries INTERFACE
    Boost::json Boost::url fmt::fmt spdlog::spdlog yaml-cpp date::date-tz prometheus-cpp::core
    PkgConfig::sqlite3 PkgConfig::libpq PkgConfig::sodium PkgConfig::openssl PkgConfig::icu
    PkgConfig::zlib Threads::Threads)

add_library(test_libraries INTERFACE)
target_link_libraries(test_libraries INTERFACE GTest::gtest rapidcheck)
add_library(test_main INTERFACE)
target_link_libraries(test_main INTERFACE GTest::gtest_main)
