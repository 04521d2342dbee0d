# Subjects from outside: hostile ones and useless libraries. Their worker processes
# die on purpose, which a sanitizer would report as its own.
if(TARGET mlacheck AND NOT MLACHECK_SANITIZE AND NOT MLACHECK_CUDA AND NOT MLACHECK_HIP)
  set(hostile_folder "${PROJECT_BINARY_DIR}/hostile")
  function(mlacheck_add_plugin name source)
    add_library(${name} MODULE ${source})
    set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${hostile_folder}")
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE mlacheck_flags mlacheck::dlpack)
    target_compile_definitions(${name} PRIVATE ${ARGN})
  endfunction()
  mlacheck_add_plugin(hostile hostile/hostile.cpp)
  foreach(bad RANGE 1 10)
    mlacheck_add_plugin(bad_plugin_${bad} hostile/bad_plugin.cpp MLACHECK_BAD=${bad})
  endforeach()
  # One object file, linked with and without the start-up code of -ffast-math.
  mlacheck_add_plugin(hostile_arithmetic hostile/arithmetic.cpp)
  add_library(hostile_arithmetic_fast MODULE $<TARGET_OBJECTS:hostile_arithmetic>)
  set_target_properties(
    hostile_arithmetic_fast PROPERTIES PREFIX "" LINKER_LANGUAGE CXX
                                       LIBRARY_OUTPUT_DIRECTORY "${hostile_folder}")
  target_link_options(hostile_arithmetic_fast PRIVATE -ffast-math)
  mlacheck_add_plugin(hostile_process hostile/process.cpp)
  mlacheck_add_plugin(hostile_data_symbol hostile/data_symbol.cpp)
  foreach(way RANGE 1 20)
    mlacheck_add_plugin(hostile_load_${way} hostile/load.cpp MLACHECK_HOSTILE_LOAD=${way})
  endforeach()
  foreach(way RANGE 30 33)
    mlacheck_add_plugin(hostile_load_${way} hostile/load.cpp MLACHECK_HOSTILE_LOAD=${way})
  endforeach()
  mlacheck_add_plugin(hostile_domain hostile/domain.cpp)
  mlacheck_add_plugin(hostile_version_1 hostile/version_1.cpp)
  foreach(part arithmetic domain load process)
    add_test(NAME hostile_${part}
             COMMAND "${Python3_EXECUTABLE}" -B
                     "${CMAKE_CURRENT_SOURCE_DIR}/hostile/${part}_test.py"
                     "$<TARGET_FILE:mlacheck>" "${hostile_folder}")
    set_tests_properties(hostile_${part} PROPERTIES TIMEOUT ${timeout} LABELS plugin)
  endforeach()
  set_tests_properties(hostile_domain PROPERTIES COST 110)
  foreach(bad RANGE 21 24)  # what a table says of itself
    mlacheck_add_plugin(bad_plugin_${bad} hostile/bad_plugin.cpp MLACHECK_BAD=${bad})
  endforeach()
  add_test(NAME hostile_subjects
           COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_SOURCE_DIR}/hostile/subjects_test.py"
                   "$<TARGET_FILE:mlacheck>" "${hostile_folder}")
  set_tests_properties(hostile_subjects PROPERTIES TIMEOUT ${timeout} COST 70 LABELS plugin)
endif()

# The same on a GPU.
if(TARGET mlacheck AND MLACHECK_CUDA)
  set(hostile_folder "${PROJECT_BINARY_DIR}/hostile")
  add_library(hostile_cuda MODULE hostile/hostile_cuda.cu)
  set_target_properties(hostile_cuda PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${hostile_folder}")
  target_include_directories(hostile_cuda PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_options(hostile_cuda PRIVATE ${MLACHECK_CUDA_OPTIONS})
  target_link_libraries(hostile_cuda PRIVATE CUDA::cudart_static)
  add_test(NAME hostile_subjects.cuda
           COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_SOURCE_DIR}/hostile/cuda_test.py"
                   "$<TARGET_FILE:mlacheck>" "$<TARGET_FILE:hostile_cuda>")
  set_tests_properties(hostile_subjects.cuda PROPERTIES TIMEOUT ${timeout} LABELS plugin
                                                        SKIP_RETURN_CODE 77)
endif()
