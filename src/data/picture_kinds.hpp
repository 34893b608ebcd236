// The readers behind data/picture.hpp, one for each kind of file. Each is given bytes of its own kind.
#pragma once
#include "data/picture.hpp"

namespace limn {

void check_size(std::int64_t height, std::int64_t width, const std::string& name);  // Error: none, or too many pixels

PictureSize png_size(std::span<const std::byte> bytes, const std::string& name);
Picture read_png(std::span<const std::byte> bytes, const std::string& name);

PictureSize jpeg_size(std::span<const std::byte> bytes, const std::string& name);
Picture read_jpeg(std::span<const std::byte> bytes, const std::string& name);

}  // namespace limn
