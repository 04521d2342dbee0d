# planted.narrow_shuffle: a defect that no 32-wide device shows. A shuffle of the HIP dialect, 32 lanes wide
# whatever the wave is, must be found on gfx90a and nowhere on gfx1030.
set(header harness/device/hip/warp.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${header}")
file(READ "${PROJECT_SOURCE_DIR}/${header}" sound)
string(REPLACE "unsigned delta, int width = kWarpWidth)" "unsigned delta, int width = 32)" broken "${sound}")
if(broken STREQUAL sound)
  message(FATAL_ERROR "planted.narrow_shuffle: ${header} has no place for its defect any more")
endif()
set(overlay "${PROJECT_BINARY_DIR}/generated/narrow_shuffle")
file(CONFIGURE OUTPUT "${overlay}/${header}" CONTENT "${broken}" @ONLY)

# Each unit that has kernels of decode_expansion: the program would launch whichever of two registers last.
set(objects "")
foreach(op IN ITEMS decode_expansion decode_step)
  set(unit "${PROJECT_BINARY_DIR}/generated/${op}_hip.hip")
  set(object "${overlay}/${op}.o")
  add_custom_command(
    OUTPUT "${object}"
    COMMAND "${MLACHECK_HIPCC}" ${MLACHECK_HIP_OPTIONS} "-I${overlay}" "-I${PROJECT_SOURCE_DIR}" -MD -MF
            "${object}.d" -MT "${object}" -c "${unit}" -o "${object}"
    DEPENDS "${unit}"
    DEPFILE "${object}.d"
    COMMENT "Building HIP object ${op} with a narrow shuffle"
    VERBATIM)
  list(APPEND objects "${object}")
endforeach()
# The objects come before the library of kernels, of which their sound twins stay out.
add_executable(mlacheck_narrow_shuffle $<TARGET_OBJECTS:mlacheck> ${objects})
target_link_libraries(mlacheck_narrow_shuffle PRIVATE $<TARGET_PROPERTY:mlacheck,LINK_LIBRARIES>)
set_target_properties(mlacheck_narrow_shuffle PROPERTIES ENABLE_EXPORTS ON LINKER_LANGUAGE CXX)

mlacheck_add_backend_test(planted.narrow_shuffle hip planted mlacheck_narrow_shuffle sweep --backend hip --op
                          decode_expansion --cases 0 --seed 1)
set_tests_properties(planted.narrow_shuffle.hip PROPERTIES PASS_REGULAR_EXPRESSION
                                                           "FAILED  decode_expansion[^\n]* on hip")
