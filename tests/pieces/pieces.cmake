# --piece: foreign steps in the bundled layers.
if(TARGET mlacheck AND NOT MLACHECK_SANITIZE AND NOT MLACHECK_CUDA AND NOT MLACHECK_HIP)
  foreach(kind "" _unfit)
    add_library(pieces${kind} MODULE pieces/pieces.cpp)
    set_target_properties(pieces${kind} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY
                                                             "${PROJECT_BINARY_DIR}/pieces")
    target_include_directories(pieces${kind} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(pieces${kind} PRIVATE mlacheck_flags mlacheck::dlpack)
  endforeach()
  target_compile_definitions(pieces_unfit PRIVATE MLACHECK_UNFIT_PIECE)
  add_test(NAME pieces
           COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_SOURCE_DIR}/pieces/pieces_test.py"
                   "$<TARGET_FILE:mlacheck>" "${PROJECT_BINARY_DIR}/pieces")
  set_tests_properties(pieces PROPERTIES TIMEOUT ${timeout} LABELS plugin)
endif()
