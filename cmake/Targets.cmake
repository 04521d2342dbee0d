# Libraries and executables of the project. Sources are found by pattern, so that a new file needs
# no edit here; a library with no source file (yet) becomes an empty one that still links.

function(mlacheck_glob out)
  list(TRANSFORM ARGN PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE patterns)
  file(GLOB found CONFIGURE_DEPENDS ${patterns})
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# mlacheck_add_library(<name> SOURCES <pattern>... [LINK <target>...])
# defines mlacheck_<name>, also known as mlacheck::<name>.
function(mlacheck_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  mlacheck_glob(sources ${arg_SOURCES})
  set(target mlacheck_${name})
  if(NOT sources)
    message(STATUS "mlacheck: no sources yet for ${target}")
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE mlacheck_flags)
    mlacheck_sanitize_library(${target})
  endif()
  add_library(mlacheck::${name} ALIAS ${target})
  target_include_directories(${target} ${scope} "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} ${scope} ${arg_LINK})
endfunction()

# mlacheck_add_executable(<target> SOURCES <pattern>... [LINK <target>...])
# places build/<preset>/<target>; no target when no source matches. Its own sources are not
# instrumented: what a sanitizer should watch is in the libraries, and the header-only parsers that
# the programs include take minutes to compile with it.
function(mlacheck_add_executable target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  mlacheck_glob(sources ${arg_SOURCES})
  if(NOT sources)
    message(STATUS "mlacheck: no sources yet for ${target}")
    return()
  endif()
  add_executable(${target} ${sources})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE mlacheck_flags)
  target_link_libraries(${target} PRIVATE ${arg_LINK})
  mlacheck_sanitize_common(${target})
  mlacheck_sanitize_link(${target})
endfunction()

# Adds one GPU backend's sources, definition and libraries to mlacheck_backends. All is private, so
# that units of other targets are the same in each preset and the compiler cache knows them.
function(mlacheck_extend_backends patterns definition libraries)
  mlacheck_glob(sources ${patterns})
  get_target_property(type mlacheck_backends TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  target_sources(mlacheck_backends PRIVATE ${sources})
  target_compile_definitions(mlacheck_backends PRIVATE ${definition})
  target_link_libraries(mlacheck_backends PRIVATE ${libraries})
endfunction()

# mlacheck_precompile(<target> <header>...): parses them once for all units of the target. With GCC
# only: what clang precompiles holds times and paths, so that no other checkout could use what the
# compiler cache has. Each unit must still include what it uses; ci/tidy.py compiles them without.
function(mlacheck_precompile target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
