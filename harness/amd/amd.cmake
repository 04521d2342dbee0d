# The interpreter of AMD machine code, and a stand-in for AMD's HIP runtime that runs kernels through it.
mlacheck_add_library(amd SOURCES harness/amd/*.cpp harness/amd/code_object/*.cpp harness/amd/memory/*.cpp
                                 harness/amd/dispatch/*.cpp harness/amd/decode/*.cpp harness/amd/wave/*.cpp
                                 harness/amd/scalar/*.cpp harness/amd/vector/*.cpp harness/amd/lds/*.cpp
                                 harness/amd/global/*.cpp harness/amd/matrix/*.cpp harness/amd/block/*.cpp
                                 harness/amd/monitor/*.cpp
                     LINK ${CMAKE_DL_LIBS})
if(NOT MLACHECK_HIP)
  # Built where something is linked with it.
  set_target_properties(mlacheck_amd PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

# Its name is AMD's, and a folder of its own keeps it from being found by accident.
if(MLACHECK_HIP)
  mlacheck_glob(runtime_sources harness/amd/runtime/*.cpp)
  if(runtime_sources)
    set(versions "${PROJECT_SOURCE_DIR}/harness/amd/runtime/symbols.map")
    add_library(mlacheck_amdhip SHARED ${runtime_sources})
    set_target_properties(
      mlacheck_amdhip PROPERTIES OUTPUT_NAME amdhip64 SOVERSION 5 VERSION 5 LINK_DEPENDS "${versions}"
                                 LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/interpreted")
    target_compile_definitions(mlacheck_amdhip PRIVATE __HIP_PLATFORM_AMD__)
    target_include_directories(mlacheck_amdhip SYSTEM PRIVATE "${MLACHECK_HIP_INCLUDE_DIR}")
    target_link_libraries(mlacheck_amdhip PRIVATE mlacheck_flags mlacheck_amd)
    target_link_options(mlacheck_amdhip PRIVATE "LINKER:--version-script=${versions}" LINKER:-Bsymbolic
                        LINKER:--no-undefined)
  endif()
endif()

# Lanes go through vector units: AVX2, FMA and F16C, which the library asks the processor for. Float
# exceptions and errno are nobody's business here.
get_target_property(type mlacheck_amd TYPE)
if(type STREQUAL "STATIC_LIBRARY")
  target_compile_options(mlacheck_amd PRIVATE -O3 -march=x86-64-v3 -fno-math-errno -fno-trapping-math)
endif()

# The interpreter for Python subjects (mlacheck.amd), which lies beside the library of their workers.
if(NOT MLACHECK_SANITIZE)
  mlacheck_glob(capi_sources harness/amd/capi/*.cpp)
  add_library(mlacheck_amd_capi SHARED ${capi_sources})
  set_target_properties(mlacheck_amd_capi PROPERTIES OUTPUT_NAME mlacheck_amd
                                                     LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  target_link_libraries(mlacheck_amd_capi PRIVATE mlacheck_flags mlacheck_amd)
  target_link_options(mlacheck_amd_capi PRIVATE LINKER:--exclude-libs,ALL LINKER:-Bsymbolic)
endif()
