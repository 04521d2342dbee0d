# The cuda backend: kernels by nvcc; the harness side is plain C++ on the runtime API.
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  # The toolkit's usual folder is often not on PATH.
  find_program(MLACHECK_NVCC nvcc HINTS ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin REQUIRED)
  set(CMAKE_CUDA_COMPILER "${MLACHECK_NVCC}")
endif()
set(CMAKE_CUDA_ARCHITECTURES 90-real CACHE STRING "GPU architectures for nvcc")
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  # CMake 3.25 knows nvcc's standards up to C++17 only.
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
endif()

# No -Wpedantic or -Wconversion: nvcc hands the host compiler rewritten code.
set(MLACHECK_CUDA_OPTIONS -Xcompiler=-Wall,-Wextra -lineinfo)
if(MLACHECK_WERROR)
  list(APPEND MLACHECK_CUDA_OPTIONS --Werror=all-warnings)
endif()

function(mlacheck_add_cuda_unit name unit text)
  file(CONFIGURE OUTPUT "${unit}" CONTENT "${text}" @ONLY)
  add_library(mlacheck_${name} OBJECT "${unit}")
  target_include_directories(mlacheck_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_options(mlacheck_${name} PRIVATE ${MLACHECK_CUDA_OPTIONS})
  set_property(GLOBAL APPEND PROPERTY MLACHECK_KERNEL_OBJECTS $<TARGET_OBJECTS:mlacheck_${name}>)
endfunction()

function(mlacheck_add_cuda_backend)
  mlacheck_extend_backends("harness/backends/cuda/*.cpp;harness/backends/cuda/runtime/*.cpp" MLACHECK_HAS_CUDA=1
                           "CUDA::cudart_static;${CMAKE_DL_LIBS}")
endfunction()
