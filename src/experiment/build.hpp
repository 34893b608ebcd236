// Which program this is: any change of the code or the compiler changes its id.
#pragma once
#include <string>

namespace limn {

std::string build_id();  // 16 hex digits of the id that the linker gave this program

}  // namespace limn
