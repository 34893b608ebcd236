# Puts the built pages (web/dist) into the program: one assembler file that includes their bytes, and a table of them.
# Without built pages the table is empty, and the lab says so.
function(limn_embed_pages target)
  set(folder ${PROJECT_SOURCE_DIR}/web/dist)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${folder} ${folder}/*)
  set(assembly ".section .rodata\n")
  set(table "")
  set(names "")
  set(index 0)
  set(sources "")
  foreach(file ${files})
    get_filename_component(extension ${file} LAST_EXT)
    set(type application/octet-stream)
    if(extension STREQUAL ".html")
      set(type "text/html; charset=utf-8")
    elseif(extension STREQUAL ".js")
      set(type "text/javascript; charset=utf-8")
    elseif(extension STREQUAL ".css")
      set(type "text/css; charset=utf-8")
    elseif(extension STREQUAL ".svg")
      set(type image/svg+xml)
    elseif(extension STREQUAL ".woff2")
      set(type font/woff2)
    endif()
    string(APPEND assembly ".balign 16\n.global limn_page_${index}\nlimn_page_${index}:\n.incbin \"${folder}/${file}\"\n"
      ".global limn_page_${index}_end\nlimn_page_${index}_end:\n.byte 0\n")
    string(APPEND names "extern const char limn_page_${index}[], limn_page_${index}_end[];\n")
    string(APPEND table "      {\"/${file}\", \"${type}\", {limn_page_${index}, static_cast<std::size_t>(limn_page_${index}_end - limn_page_${index})}},\n")
    list(APPEND sources ${folder}/${file})
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND assembly ".section .note.GNU-stack,\"\",%progbits\n")
  set(made ${PROJECT_BINARY_DIR}/pages)
  file(CONFIGURE OUTPUT ${made}/pages.S CONTENT "${assembly}" @ONLY)
  if(index EQUAL 0)
    set(body "  return {};")
  else()
    set(body "  static const std::vector<Page> all = {\n${table}  };\n  return all;")
  endif()
  file(CONFIGURE OUTPUT ${made}/pages.cpp CONTENT
"#include \"lab/page.hpp\"

#include <vector>

extern \"C\" {
${names}}

namespace limn::lab {

std::span<const Page> pages() {
${body}
}

}  // namespace limn::lab
" @ONLY)
  set_source_files_properties(${made}/pages.S PROPERTIES OBJECT_DEPENDS "${sources}")
  target_sources(${target} PRIVATE ${made}/pages.cpp ${made}/pages.S)
endfunction()
