# What limn's library links; each has a line of reason in docs/decisions/0001-dependencies.md. This file is installed
# too: a program that finds limn finds these again. LIMN_PKG_MODULES says the same in the words of pkg-config.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibLZMA REQUIRED)
find_package(BZip2 REQUIRED)
find_package(PNG REQUIRED)
find_package(hwy REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(md REQUIRED IMPORTED_TARGET libmd)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
set(LIMN_PKG_MODULES fmt zlib liblzma libhwy libxxhash libmd libpng libturbojpeg)  # libbz2 has none: limn.pc names it
