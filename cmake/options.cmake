# Compiler settings shared by every target, and limn_library().
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})  # build/release/limn

find_program(LIMN_CCACHE ccache)
if(LIMN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LIMN_CCACHE})
endif()

# Every operation rounds on its own (equal bits); errno and traps are never read.
add_compile_options(-Wall -Wextra -Werror -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-psabi)
else()
  add_compile_options(-Wno-deprecated-declarations)  # inside g++ 12's own std::stable_sort
endif()
if(LIMN_SANITIZE)
  add_compile_options(-fsanitize=${LIMN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LIMN_SANITIZE})
endif()
if(LIMN_FUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link)  # counts which branches an input takes
endif()
if(LIMN_FAULTS)
  set_source_files_properties(src/train/model.cpp src/train/update.cpp src/train/engine.cpp
    src/train/session.cpp src/train/descent.cpp src/train/rule_step.cpp PROPERTIES COMPILE_DEFINITIONS LIMN_FAULTS=1)
endif()
if(LIMN_VERIFY)
  add_compile_definitions(LIMN_VERIFY=1)
endif()

# limn_library(NAME [DEPS lib...] [PRIVATE_DEPS lib...]): the static library limn_NAME from src/NAME/*.cpp; a folder of
# headers alone becomes an interface library.
function(limn_library name)
  cmake_parse_arguments(arg "" "" "DEPS;PRIVATE_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(TRANSFORM arg_DEPS REPLACE "^([a-z]+)$" "limn_\\1")
  if(sources)
    set(scope PUBLIC)
    add_library(limn_${name} STATIC ${sources})
    target_link_libraries(limn_${name} PRIVATE ${arg_PRIVATE_DEPS})
  else()
    set(scope INTERFACE)
    add_library(limn_${name} INTERFACE)
  endif()
  target_include_directories(limn_${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(limn_${name} ${scope} ${arg_DEPS})

  list(FILTER arg_DEPS INCLUDE REGEX ::)  # for limn_all, which is all folders in one
  set_property(GLOBAL APPEND PROPERTY LIMN_PUBLIC_LINKS ${arg_DEPS})
  set_property(GLOBAL APPEND PROPERTY LIMN_PRIVATE_LINKS ${arg_PRIVATE_DEPS})
  if(sources)
    set_property(GLOBAL APPEND PROPERTY LIMN_FOLDERS ${name})
  endif()
endfunction()
