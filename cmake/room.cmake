# How a folder becomes libraries, tests, fuzzers and a link test. The file's suffix says which:
#
#   *_test.cpp   GoogleTest, one program per folder        *_http.cpp *_cli.cpp  the room's edge
#   *_fuzz.cpp   one libFuzzer program each                *_facts.h             headers only, anyone may include them
#
# A file that appears is picked up at the next build; nobody edits a list.

# The headers everybody reads, compiled once. Asio and Beast stay out: they would pull their globals into every object, and
# only a handful of files in edge/ need them.
file(WRITE "${CMAKE_BINARY_DIR}/noroshi_pch.cpp.new" "// Only here to carry the precompiled header.\n")
file(COPY_FILE "${CMAKE_BINARY_DIR}/noroshi_pch.cpp.new" "${CMAKE_BINARY_DIR}/noroshi_pch.cpp" ONLY_IF_DIFFERENT)
add_library(noroshi_pch OBJECT "${CMAKE_BINARY_DIR}/noroshi_pch.cpp")
target_link_libraries(noroshi_pch PRIVATE kernel_libraries)
target_precompile_headers(noroshi_pch PRIVATE
    <algorithm> <array> <atomic> <chrono> <cstddef> <cstdint> <expected> <functional> <map> <memory> <mutex> <optional>
    <ranges> <set> <span> <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector>
    <fmt/format.h> <boost/describe.hpp> <boost/json.hpp>)

function(warm target)
    target_precompile_headers(${target} REUSE_FROM noroshi_pch)
endfunction()

# sources_of(<prefix> <folder> [RECURSE]) sets <prefix>_library, _edge, _test and _fuzz.
function(sources_of prefix folder)
    set(glob GLOB)
    if(ARGN STREQUAL "RECURSE")
        set(glob GLOB_RECURSE)
    endif()
    file(${glob} all CONFIGURE_DEPENDS "${folder}/*.cpp")
    foreach(part IN ITEMS library edge test fuzz)
        set(${part} ${all})
    endforeach()
    list(FILTER library EXCLUDE REGEX "_(http|cli|test|fuzz)\\.cpp$")
    list(FILTER edge INCLUDE REGEX "_(http|cli)\\.cpp$")
    list(FILTER test INCLUDE REGEX "_test\\.cpp$")
    list(FILTER fuzz INCLUDE REGEX "_fuzz\\.cpp$")
    foreach(part IN ITEMS library edge test fuzz)
        set(${prefix}_${part} ${${part}} PARENT_SCOPE)
    endforeach()
endfunction()

# library_of(<target> <sources> LINK <library>…): a static library, or only headers while there is no source yet.
function(library_of target sources)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LINK")
    if(sources)
        add_library(${target} STATIC ${sources})
        target_link_libraries(${target} PUBLIC ${arg_LINK})
        warm(${target})
    else()
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE ${arg_LINK})
    endif()
endfunction()

# tests_of(<target> <sources> LINK <library>…): one GoogleTest program, one ctest entry.
function(tests_of target sources)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LINK")
    if(NOT sources OR NOROSHI_FUZZ)
        return()
    endif()
    add_executable(${target} ${sources})
    target_link_libraries(${target} PRIVATE ${arg_LINK} noroshi_no_web test_libraries test_main)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/test")
    warm(${target})
    add_test(NAME ${target} COMMAND ${target} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${target} PROPERTIES TIMEOUT 600 ENVIRONMENT "NOROSHI_BUILD=${CMAKE_BINARY_DIR}")
endfunction()

# fuzzers_of(<sources> LINK <library>…): one program per file, named after it, under build/fuzz/fuzz/.
function(fuzzers_of sources)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
    if(NOT NOROSHI_FUZZ)
        return()
    endif()
    foreach(source IN LISTS sources)
        cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${CMAKE_SOURCE_DIR}/src" OUTPUT_VARIABLE name)
        string(REGEX REPLACE "\\.cpp$" "" name "${name}")
        string(REPLACE "/" "_" name "${name}")
        add_executable(${name} "${source}")
        target_link_libraries(${name} PRIVATE ${arg_LINK} noroshi_no_web)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
        warm(${name})
        set_property(GLOBAL APPEND PROPERTY NOROSHI_FUZZERS ${name})
    endforeach()
endfunction()

# link_test(<target> LIBRARY <library> AGAINST <library>… BESIDE <link test>…): the whole library must resolve against
# what it declares, and nothing else. It is linked as a shared object with -z defs. The libraries of BESIDE are given as
# *their* link tests: their symbols count, those of what they in turn use do not. So a use that nobody declared fails here.
function(link_test target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "LIBRARY" "AGAINST;BESIDE")
    if(NOROSHI_SANITIZED)
        return()
    endif()
    get_target_property(type ${arg_LIBRARY} TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
        return()
    endif()
    add_library(${target} SHARED "${CMAKE_BINARY_DIR}/noroshi_pch.cpp")
    target_link_libraries(${target} PRIVATE
        -Wl,-z,defs -Wl,--whole-archive "$<TARGET_FILE:${arg_LIBRARY}>" -Wl,--no-whole-archive ${arg_AGAINST})
    add_dependencies(${target} ${arg_LIBRARY})
    set_target_properties(${target} PROPERTIES
        LINK_DEPENDS "$<TARGET_FILE:${arg_LIBRARY}>" LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/link")
    foreach(beside IN LISTS arg_BESIDE)
        if(TARGET ${beside})
            target_link_libraries(${target} PRIVATE ${beside})
        endif()
    endforeach()
endfunction()

# Phases in the guideline's order; rooms inside a phase in the order of src/CMakeLists.txt.
set(NOROSHI_PHASES prepare watch respond practise learn share)

# rooms(<phase/name>…): the houses' only hand-kept list. Reads each room's CMakeLists.txt in this order.
function(rooms)
    set(last_phase -1)
    foreach(name IN LISTS ARGN)
        string(REGEX REPLACE "/.*" "" phase "${name}")
        list(FIND NOROSHI_PHASES "${phase}" position)
        if(position EQUAL -1)
            message(FATAL_ERROR "Room ${name}: there is no phase '${phase}'. The phases are ${NOROSHI_PHASES}.")
        endif()
        if(position LESS last_phase)
            message(FATAL_ERROR "Room ${name} stands after a room of a later phase. "
                                "In src/CMakeLists.txt the phases follow each other as ${NOROSHI_PHASES}.")
        endif()
        set(last_phase ${position})
    endforeach()
    set_property(GLOBAL PROPERTY NOROSHI_ROOMS ${ARGN})
    foreach(name IN LISTS ARGN)
        if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/CMakeLists.txt")
            add_subdirectory(${name})
        endif()
    endforeach()
    # A room that nobody listed would be silently left out of the binary.
    file(GLOB found RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS "*/*/CMakeLists.txt")
    foreach(path IN LISTS found)
        cmake_path(GET path PARENT_PATH name)
        if(NOT name IN_LIST ARGN)
            message(FATAL_ERROR "Room ${name} has a CMakeLists.txt but no line in src/CMakeLists.txt. Add it to rooms().")
        endif()
    endforeach()
endfunction()

# room(<phase/name> [USES <phase/name>…]) makes, for respond/incident:
#   respond_incident_facts   headers *_facts.h; anyone may listen
#   respond_incident         decisions and views
#   respond_incident_edge    *_http.cpp and *_cli.cpp
#   respond_incident_test, respond_incident_link and the fuzzers
function(room name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "room(${name}): did not understand '${arg_UNPARSED_ARGUMENTS}'. "
                            "Write room(${name} USES prepare/contacts …).")
    endif()
    get_property(listed GLOBAL PROPERTY NOROSHI_ROOMS)
    get_property(declared GLOBAL PROPERTY NOROSHI_DECLARED_ROOMS)
    if(NOT name IN_LIST listed)
        message(FATAL_ERROR "room(${name}) has no line in src/CMakeLists.txt. Add it to rooms().")
    endif()
    list(FIND listed ${name} own_position)
    foreach(used IN LISTS arg_USES)
        if(used IN_LIST declared)
            continue()
        endif()
        list(FIND listed "${used}" position)
        if(position GREATER -1 AND position LESS own_position)
            message(WARNING "room(${name}) USES ${used}, which is listed but has no CMakeLists.txt yet; building without it.")
            list(REMOVE_ITEM arg_USES ${used})
            continue()
        endif()
        if(used STREQUAL name)
            message(FATAL_ERROR "room(${name}) USES itself; leave that out.")
        elseif(used IN_LIST listed)
            message(FATAL_ERROR "room(${name}) USES ${used}, which is declared later. A room may call only rooms declared "
                                "before it. To learn of what happens there, listen to its facts: "
                                "include the *_facts.h of ${used}, which needs no USES.")
        else()
            message(FATAL_ERROR "room(${name}) USES ${used}, which is no room. Rooms are listed in src/CMakeLists.txt.")
        endif()
    endforeach()
    set_property(GLOBAL APPEND PROPERTY NOROSHI_DECLARED_ROOMS ${name})

    string(REPLACE "/" "_" target "${name}")
    string(REPLACE "/" "_" uses "${arg_USES}")
    sources_of(room "${CMAKE_CURRENT_SOURCE_DIR}")

    add_library(${target}_facts INTERFACE)
    target_link_libraries(${target}_facts INTERFACE kernel)
    get_property(engines GLOBAL PROPERTY NOROSHI_ENGINES)
    library_of(${target} "${room_library}" LINK ${target}_facts ${uses} ${engines} kernel)
    library_of(${target}_edge "${room_edge}" LINK ${target} edge kernel)
    tests_of(${target}_test "${room_test}" LINK ${target}_edge)
    fuzzers_of("${room_fuzz}" LINK ${target}_edge)
    list(TRANSFORM uses APPEND _link)
    link_test(${target}_link LIBRARY ${target} AGAINST ${engines} kernel BESIDE ${uses})
    set_property(GLOBAL APPEND PROPERTY NOROSHI_ROOM_LIBRARIES ${target}_edge ${target})
endfunction()

# part(<target> <folder> LINK <library>…): kernel, an engine or one side of the edge, with its tests and fuzzers.
# Every sub-folder with tests is one program, so that a change runs only what is beside it.
function(part target folder)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LINK")
    file(GLOB_RECURSE all CONFIGURE_DEPENDS "${folder}/*.cpp")
    set(library ${all})
    list(FILTER library EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
    set(test ${all})
    list(FILTER test INCLUDE REGEX "_test\\.cpp$")
    set(fuzz ${all})
    list(FILTER fuzz INCLUDE REGEX "_fuzz\\.cpp$")

    library_of(${target} "${library}" LINK ${arg_LINK})
    set(folders "")
    foreach(source IN LISTS test)
        cmake_path(GET source PARENT_PATH parent)
        list(APPEND folders "${parent}")
    endforeach()
    list(REMOVE_DUPLICATES folders)
    foreach(parent IN LISTS folders)
        cmake_path(RELATIVE_PATH parent BASE_DIRECTORY "${folder}" OUTPUT_VARIABLE below)
        string(REPLACE "/" "_" below "_${below}")
        string(REPLACE "_." "" below "${below}")
        file(GLOB sources CONFIGURE_DEPENDS "${parent}/*_test.cpp")
        tests_of(${target}${below}_test "${sources}" LINK ${target})
    endforeach()
    fuzzers_of("${fuzz}" LINK ${target})
endfunction()
