# Compiler, warnings, linker, cache. The compiler is clang 19: g++ 12 miscompiles coroutines
# (docs/decisions/0002-compiler.md), so another one is refused rather than tried.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR "Noroshi is built by clang 19 or later; this is ${CMAKE_CXX_COMPILER_ID} "
                        "${CMAKE_CXX_COMPILER_VERSION}. Use a preset: cmake --preset dev")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

add_compile_options(
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
    -fPIC                        # one kind of object everywhere, so that everybody can share a precompiled header
    "SHELL:-Xclang -fno-pch-timestamp"   # so that ccache may keep precompiled headers
    "-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/="   # __FILE__ and std::source_location say src/…
)
add_compile_definitions(
    BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ASIO_NO_DEPRECATED
    SPDLOG_COMPILED_LIB
    SPDLOG_FMT_EXTERNAL
    NOROSHI_VERSION="${PROJECT_VERSION}"
)
add_link_options(-fuse-ld=mold -Wl,--as-needed)
include_directories("${CMAKE_SOURCE_DIR}/src")   # app/ and tests/ also see the root; src/ never does

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env
        "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
        "${CCACHE}")
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(Threads REQUIRED)
