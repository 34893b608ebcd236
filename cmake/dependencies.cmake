# What limn stands on; each has a line of reason in docs/decisions/0001-dependencies.md.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(hwy REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(md REQUIRED IMPORTED_TARGET libmd)

# oneDNN by hand: its own package file insists on OpenCL's headers, which nothing here uses. It is built on GNU OpenMP,
# also under clang, so the runtime is linked by name and its two functions are declared where they are called.
find_path(LIMN_DNNL_INCLUDE dnnl.hpp REQUIRED)
find_library(LIMN_DNNL_LIBRARY dnnl REQUIRED)
add_library(DNNL::dnnl INTERFACE IMPORTED)
target_include_directories(DNNL::dnnl INTERFACE ${LIMN_DNNL_INCLUDE})
target_link_libraries(DNNL::dnnl INTERFACE ${LIMN_DNNL_LIBRARY} gomp)
