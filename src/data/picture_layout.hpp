// What the paths of a set of pictures say: which files are pictures, and each one's split and class. It must not know
// what is inside of the files.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/picture.hpp"

namespace limn {

struct PictureFile {
  std::string path;  // UTF-8, parts separated by '/'
  std::uint64_t bytes = 0;
  std::function<std::string()> read;
  std::string split{}, label{};  // "" where the path has none
  PictureSize size{};            // once its head was read
};

extern const char* const kPictureLayout;  // a hint: how to lay out folders

std::string ending_of(const std::string& path);  // in small letters, without its dot

// The name of a zip's member in UTF-8. Error: neither UTF-8 nor GB18030, control characters, a way out of the archive.
std::string utf8_name(const std::string& raw, const std::string& archive);

// Leaves the pictures, of whatever kind by their names, in byte order of their paths. Hidden files and what systems
// leave in folders are passed over; the paths of all others go into `others`. Error: no pictures, or over a million.
std::vector<PictureFile> pictures_among(std::vector<PictureFile> all, const std::string& name,
                                        std::vector<std::string>& others);

// Sets split and label of every file out of its path.
void sort_into_classes(std::vector<PictureFile>& files);

// Error, naming the file at fault: what cannot be learned from. why: put behind what is wrong.
void check_classes(const std::vector<PictureFile>& files, const std::string& name, const std::string& why);

}  // namespace limn
