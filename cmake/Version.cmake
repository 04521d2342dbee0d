# What `mlacheck --version` and the reports say about the build. Two small sources: one, of the program
# alone, is made at configure time; the other holds the commit, is looked at in each build, and is
# rewritten only when the commit has changed. Test programs whose cases follow from the commit have it,
# too.
set(MLACHECK_SANITIZER "${MLACHECK_SANITIZE}")
if(NOT MLACHECK_SANITIZER)
  set(MLACHECK_SANITIZER none)
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/version.cpp.in"
               "${PROJECT_BINARY_DIR}/generated/version.cpp" @ONLY)
set(commit "${PROJECT_BINARY_DIR}/generated/commit.cpp")
add_custom_target(
  mlacheck_commit
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}" "-DOUTPUT=${commit}"
          -P "${PROJECT_SOURCE_DIR}/cmake/WriteCommit.cmake"
  BYPRODUCTS "${commit}"
  COMMENT "Looking at the commit"
  VERBATIM)
add_library(mlacheck_commit_of_build STATIC "${commit}")
target_sources(mlacheck PRIVATE "${PROJECT_BINARY_DIR}/generated/version.cpp")
target_link_libraries(mlacheck PRIVATE mlacheck_commit_of_build)
