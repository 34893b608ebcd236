// The pages, as they were built and put into the program.
#pragma once
#include <span>
#include <string_view>

namespace limn::lab {

struct Page {
  std::string_view path, type, bytes;  // "/index.html", "text/html; charset=utf-8"
};

std::span<const Page> pages();  // empty where they were not built

}  // namespace limn::lab
