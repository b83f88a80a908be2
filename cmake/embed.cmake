# Files that travel inside the binary: message catalogues, data/, the web bundle. tools/embed.py writes a table with
# clang's #embed; the headers are kernel/i18n/embedded.h, kernel/embedded_data.h and edge/http/embedded_web.h.

# embedded_library(<target> <kind> <root> <file>…)
function(embedded_library target kind root)
    set(written "${CMAKE_BINARY_DIR}/embedded/${target}.cpp")
    add_custom_command(
        OUTPUT "${written}"
        COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/embed.py" ${kind} --root "${root}" --out "${written}" ${ARGN}
        DEPENDS "${CMAKE_SOURCE_DIR}/tools/embed.py" ${ARGN}
        COMMENT "" VERBATIM)
    add_library(${target} STATIC "${written}")
    target_compile_options(${target} PRIVATE -Wno-c23-extensions)
endfunction()

file(GLOB_RECURSE catalogues CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/src/*.ja.json" "${CMAKE_SOURCE_DIR}/src/*.en.json")
embedded_library(noroshi_catalogues catalogues "${CMAKE_SOURCE_DIR}/src" ${catalogues})

file(GLOB_RECURSE content CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/data/calendars/*" "${CMAKE_SOURCE_DIR}/data/incidents/*" "${CMAKE_SOURCE_DIR}/data/ports/*"
    "${CMAKE_SOURCE_DIR}/data/scenarios/*" "${CMAKE_SOURCE_DIR}/data/schemas/*" "${CMAKE_SOURCE_DIR}/data/procedures/*"
    "${CMAKE_SOURCE_DIR}/data/rules/*.yml")
list(FILTER content EXCLUDE REGEX "\\.md$")
embedded_library(noroshi_data data "${CMAKE_SOURCE_DIR}/data" ${content})

# For every program but `noroshi` itself; the real bundle is made in app/.
embedded_library(noroshi_no_web web "${CMAKE_BINARY_DIR}/embedded/none")
