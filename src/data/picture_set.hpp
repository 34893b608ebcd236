// Sets of pictures in folders, each folder a class: plain folders, the same as a .zip archive, or one picture alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/image_set.hpp"
#include "data/preprocessing.hpp"

namespace limn {

// How the pictures shall come out. Without a sample they are read to be learned from, and the set decides: pictures of
// one size of at most 64x64 stay as they are; else each is resized to the median height and width, shrunk until the
// larger is at most 32; three channels only where some pixel is not grey. With the sample of a run, [height, width] or
// [3, height, width], all are resized to that; folders may be missing, and then there are no labels. Where that run
// learned figures before a plain ground, each picture is made like them (data/figure.hpp).
struct PictureForm {
  std::vector<std::int64_t> sample;
  Figure figure{};
};
using PictureSample = std::optional<PictureForm>;

struct PictureLimits {
  std::uint64_t bytes = std::uint64_t{1} << 34;   // of all files
  std::uint64_t pixels = std::uint64_t{1} << 34;  // of all pictures, as they are stored
};

bool is_zip_name(const std::string& file_name);
bool is_picture_name(const std::string& file_name);  // .png, .jpg, .jpeg

// CLASS/NAME.png or SPLIT/CLASS/NAME.jpg with SPLIT one of train, valid (validation, val) and test, which is an
// official split; folders above that all files share do not count. Files come in byte order of their paths. Names that
// are not UTF-8 are read as GB18030. Hidden files, __MACOSX, Thumbs.db and desktop.ini are passed over, other files
// that are no pictures and pictures that cannot be read are left out, each with a note that names it and says why.
// Error, naming the file at fault: as list_zip; a picture alone as read_picture; no pictures that can be read, or more
// bytes or pixels than the limits; to learn from also pictures outside of folders, one class only, a class of one
// picture, more than 256 classes.
ImageSet parse_picture_zip(std::span<const std::byte> archive, const std::string& name, const PictureSample& sample,
                           const PictureLimits& limits);
ImageSet read_picture_path(const std::filesystem::path& path, const PictureSample& sample);

}  // namespace limn
