# The example projects, built against an installed package as their authors would do it.
if(TARGET mlacheck AND NOT MLACHECK_SANITIZE AND NOT MLACHECK_CUDA AND NOT MLACHECK_HIP)
  add_test(NAME example_subject
           COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_SOURCE_DIR}/examples/example_test.py"
                   "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}" "${CMAKE_COMMAND}"
                   "${CMAKE_GENERATOR}")
  set_tests_properties(example_subject PROPERTIES TIMEOUT ${timeout} LABELS plugin)
endif()

if(TARGET mlacheck AND MLACHECK_CUDA)
  add_test(NAME example_builds.cuda
           COMMAND "${Python3_EXECUTABLE}" -B
                   "${CMAKE_CURRENT_SOURCE_DIR}/examples/example_cuda_test.py" "${PROJECT_SOURCE_DIR}"
                   "${PROJECT_BINARY_DIR}" "${CMAKE_COMMAND}" "${CMAKE_GENERATOR}"
                   "${CMAKE_CUDA_COMPILER}")
  set_tests_properties(example_builds.cuda PROPERTIES TIMEOUT ${timeout} LABELS plugin)

  # A machine with a GPU need not have a compiler: the build makes the library, too.
  add_library(example_subject_cuda MODULE "${PROJECT_SOURCE_DIR}/examples/subject_cuda/merge_states.cu")
  set_target_properties(example_subject_cuda PROPERTIES PREFIX "" CUDA_STANDARD 17 LIBRARY_OUTPUT_DIRECTORY
                                                        "${PROJECT_BINARY_DIR}/examples")
  target_include_directories(example_subject_cuda PRIVATE "${PROJECT_BINARY_DIR}/include")
  target_compile_options(example_subject_cuda PRIVATE ${MLACHECK_CUDA_OPTIONS})
  add_test(NAME example_subject.cuda
           COMMAND mlacheck sweep --subject "$<TARGET_FILE:example_subject_cuda>" --cases 400 --seed 1)
  set_tests_properties(example_subject.cuda PROPERTIES TIMEOUT ${timeout} LABELS plugin
                                                       SKIP_RETURN_CODE 77)
endif()
