# ordinary: a HIP program that knows nothing of the stand-in, built as any is.
set(unit "${CMAKE_CURRENT_SOURCE_DIR}/harness/amd/ordinary/program.hip")
set(object "${PROJECT_BINARY_DIR}/generated/ordinary_program.o")
mlacheck_compile_hip(ordinary_program "${unit}" "${object}")
add_executable(hip_ordinary_program "${object}")
set_target_properties(hip_ordinary_program PROPERTIES LINKER_LANGUAGE CXX)
target_link_libraries(hip_ordinary_program PRIVATE mlacheck::hip_runtime)
mlacheck_add_backend_test(ordinary hip amd hip_ordinary_program)
