# The web client: openapi.json → schema.d.ts → vite build → a table inside `noroshi`. A separate noroshi-openapi links
# the rooms without the bundle, so the build has no cycle. Each step runs only when what it reads has changed.
set(web "${CMAKE_SOURCE_DIR}/web")
set(with_node "${CMAKE_SOURCE_DIR}/tools/with_node.sh")

if(NOT NOROSHI_WEB OR NOT TARGET noroshi-openapi OR NOT EXISTS "${web}/package-lock.json")
    if(NOROSHI_WEB)
        message(STATUS "Web client left out: it needs app/openapi.cpp and web/package-lock.json")
    endif()
    add_library(noroshi_web ALIAS noroshi_no_web)
    return()
endif()

set(openapi "${CMAKE_BINARY_DIR}/openapi.json")
add_custom_command(
    OUTPUT "${openapi}"
    COMMAND "$<TARGET_FILE:noroshi-openapi>" > "${openapi}.new"
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${openapi}.new" "${openapi}"
    DEPENDS noroshi-openapi COMMENT "The API as the rooms describe it" VERBATIM)

set(installed "${CMAKE_SOURCE_DIR}/build/web-installed")
add_custom_command(
    OUTPUT "${installed}"
    COMMAND "${with_node}" npm install --no-save --prefix "${web}" --no-audit --no-fund --loglevel=error
    COMMAND "${CMAKE_COMMAND}" -E touch "${installed}"
    DEPENDS "${web}/package-lock.json" "${with_node}"
    WORKING_DIRECTORY "${web}" COMMENT "Packages of the web client" VERBATIM)

set(schema "${web}/src/api/schema.d.ts")
add_custom_command(
    OUTPUT "${schema}"
    COMMAND "${with_node}" "${web}/node_modules/.bin/openapi-typescript" "${openapi}" -o "${CMAKE_BINARY_DIR}/schema.d.ts"
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${CMAKE_BINARY_DIR}/schema.d.ts" "${schema}"
    DEPENDS "${openapi}" "${installed}"
    WORKING_DIRECTORY "${web}" COMMENT "Types of the API for the web client" VERBATIM)

file(GLOB_RECURSE pages CONFIGURE_DEPENDS "${web}/src/*" "${web}/public/*")
list(FILTER pages EXCLUDE REGEX "/schema\\.d\\.ts$")
file(GLOB settings CONFIGURE_DEPENDS "${web}/*.json" "${web}/*.ts" "${web}/*.js" "${web}/*.html")
file(GLOB_RECURSE catalogues CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/*.ja.json" "${CMAKE_SOURCE_DIR}/src/*.en.json")
set(built "${CMAKE_BINARY_DIR}/web/dist")
set(table "${CMAKE_BINARY_DIR}/embedded/noroshi_web.cpp")
add_custom_command(
    OUTPUT "${table}"
    COMMAND "${CMAKE_COMMAND}" -E env "NOROSHI_WEB_OUT=${built}" "${with_node}" npm run --silent build
    COMMAND Python3::Interpreter "${CMAKE_SOURCE_DIR}/tools/embed.py" web --root "${built}" --out "${table}"
    DEPENDS "${schema}" "${installed}" ${pages} ${settings} ${catalogues} "${CMAKE_SOURCE_DIR}/tools/embed.py"
    WORKING_DIRECTORY "${web}" COMMENT "The web client" VERBATIM)
add_library(noroshi_web STATIC "${table}")
target_compile_options(noroshi_web PRIVATE -Wno-c23-extensions)
add_custom_target(web_schema DEPENDS "${schema}")
