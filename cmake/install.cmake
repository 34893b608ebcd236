# limn for others: one static library limn::limn made of every folder, its headers, limnConfig.cmake, limn.pc and the
# program. Sources include "folder/file.hpp"; installed headers say "limn/folder/file.hpp" (install_headers.cmake), and
# in the tree build/PRESET/include/limn stands for src/, so that the examples compile here and outside alike.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(folders GLOBAL PROPERTY LIMN_FOLDERS)
get_property(public_links GLOBAL PROPERTY LIMN_PUBLIC_LINKS)
get_property(private_links GLOBAL PROPERTY LIMN_PRIVATE_LINKS)
add_library(limn_all STATIC)
add_library(limn::limn ALIAS limn_all)
foreach(folder ${folders})
  target_sources(limn_all PRIVATE $<TARGET_OBJECTS:limn_${folder}>)
endforeach()
list(REMOVE_DUPLICATES public_links)
list(REMOVE_DUPLICATES private_links)
foreach(link ${private_links})
  get_target_property(type ${link} TYPE)
  get_target_property(more ${link} INTERFACE_LINK_LIBRARIES)
  if(NOT type STREQUAL "INTERFACE_LIBRARY" OR more)  # headers alone are nothing to a program that links limn
    target_link_libraries(limn_all PRIVATE ${link})
  endif()
endforeach()
target_link_libraries(limn_all PUBLIC ${public_links})
target_compile_features(limn_all PUBLIC cxx_std_20)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/include/limn SYMBOLIC)
target_include_directories(limn_all PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(limn_all PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME limn EXPORT_NAME limn)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/limn)
install(TARGETS limn RUNTIME)
install(TARGETS limn_all EXPORT limnTargets ARCHIVE)
install(EXPORT limnTargets NAMESPACE limn:: DESTINATION ${package})
install(CODE "
  set(limn_source \"${PROJECT_SOURCE_DIR}\")
  set(limn_headers \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")
  include(\"${PROJECT_SOURCE_DIR}/cmake/install_headers.cmake\")")

configure_package_config_file(cmake/limnConfig.cmake.in limnConfig.cmake INSTALL_DESTINATION ${package}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(limnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/limnConfig.cmake ${PROJECT_BINARY_DIR}/limnConfigVersion.cmake
  DESTINATION ${package})
install(FILES cmake/dependencies.cmake DESTINATION ${package} RENAME limnDependencies.cmake)

list(JOIN LIMN_PKG_MODULES " " modules)
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)  # from the folder of limn.pc, so that it can move
configure_file(cmake/limn.pc.in limn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/limn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
