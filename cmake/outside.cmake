# Programs outside src/: stories (tests of policy), the bench, and the walls as a test.
include_directories("${CMAKE_SOURCE_DIR}")   # "tests/stories/port.h", "app/rooms.h"

file(GLOB_RECURSE stories CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/stories/*.cpp")
tests_of(stories "${stories}" LINK app)

# Everything else under tests/ that is a *_test.cpp: tests/corpus, tests/storm, tests/peers.
file(GLOB folders RELATIVE "${CMAKE_SOURCE_DIR}/tests" CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/*")
foreach(folder IN LISTS folders)
    if(folder STREQUAL "stories")
        continue()
    endif()
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${folder}/*_test.cpp")
    tests_of(tests_${folder} "${sources}" LINK app)
endforeach()

# One program per folder of bench/, named after the claim it measures.
if(NOROSHI_BENCH)
    file(GLOB folders RELATIVE "${CMAKE_SOURCE_DIR}/bench" CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bench/*")
    foreach(folder IN LISTS folders)
        file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/bench/${folder}/*.cpp")
        if(sources)
            add_executable(bench_${folder} ${sources})
            target_link_libraries(bench_${folder} PRIVATE app noroshi_no_web benchmark::benchmark)
            target_include_directories(bench_${folder} PRIVATE "${CMAKE_SOURCE_DIR}")   # bench/load.h
            set_target_properties(bench_${folder} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
            warm(bench_${folder})
        endif()
    endforeach()
endif()

# The walls are tests: they hold only if the build goes red.
if(NOT NOROSHI_SANITIZED AND EXISTS "${CMAKE_SOURCE_DIR}/tools/tidy.py")
    add_test(NAME walls COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/tidy.py")
    add_test(NAME tools_test COMMAND Python3::Interpreter -m unittest discover -s "${CMAKE_SOURCE_DIR}/tools" -p "*_test.py")
endif()

# `./dev fuzz` builds these and nothing else.
get_property(fuzzers GLOBAL PROPERTY NOROSHI_FUZZERS)
add_custom_target(fuzzers DEPENDS ${fuzzers})
