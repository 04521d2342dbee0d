# python.<topic>: Python functions as subjects; one file each. They need an interpreter that has NumPy.
set(MLACHECK_TEST_PYTHON "" CACHE FILEPATH "Interpreter whose NumPy the tests of Python subjects use")
set(MLACHECK_PYTHON_PACKAGES "$ENV{HOME}/.cache/mlacheck/python" CACHE PATH
    "What ci/setup python installs for these tests beside Debian's packages")
set(numpy_python "")
foreach(candidate IN ITEMS "${MLACHECK_TEST_PYTHON}" "${Python3_EXECUTABLE}" /usr/bin/python3)
  if(numpy_python OR NOT candidate)
    continue()
  endif()
  execute_process(COMMAND "${candidate}" -c "import numpy" RESULT_VARIABLE without OUTPUT_QUIET ERROR_QUIET)
  if(without EQUAL 0)
    set(numpy_python "${candidate}")
  endif()
endforeach()
if(NOT numpy_python)
  message(STATUS "mlacheck: no Python with numpy found (ci/setup installs it); python.* will fail")
  set(numpy_python "${Python3_EXECUTABLE}")
endif()
# What the pages mean by python3.
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/interpreter/python3" @ONLY
     CONTENT "#!/bin/sh\nexec \"${numpy_python}\" \"$@\"\n")
file(CHMOD "${PROJECT_BINARY_DIR}/interpreter/python3"
     PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(python_tests "")
mlacheck_glob(python_sources tests/python/*_test.py)
foreach(source IN LISTS python_sources)
  get_filename_component(topic "${source}" NAME_WE)
  string(REGEX REPLACE "_test$" "" topic "${topic}")
  set(arguments "$<TARGET_FILE:mlacheck>" "${numpy_python}")
  if(topic STREQUAL "abi")
    set(arguments "$<TARGET_FILE:mlacheck_python_worker>" "${PROJECT_SOURCE_DIR}/python")
  elseif(topic STREQUAL "install")
    list(APPEND arguments "${PROJECT_BINARY_DIR}" "${CMAKE_COMMAND}")
  endif()
  add_test(NAME python.${topic} COMMAND "${Python3_EXECUTABLE}" -B "${source}" ${arguments})
  list(APPEND python_tests python.${topic})
endforeach()
# Each starts many interpreters, and some wait for limits of time: early, or they end alone.
set_tests_properties(${python_tests} PROPERTIES TIMEOUT ${timeout} SKIP_RETURN_CODE 77 COST 100 LABELS python
                                                ENVIRONMENT
                                                "PYTHONPATH=${MLACHECK_PYTHON_PACKAGES};PYTHONDONTWRITEBYTECODE=1")
