// Turns the files of packages into the formats of the cache: decompressed once, so that they can be mapped, and in the
// formats that the readers know. `from` is a file of the package, `to` the folder the results go into.
#pragma once
#include <filesystem>

namespace limn {

void decompress_to_folder(const std::filesystem::path& from, const std::filesystem::path& to);  // NAME.gz -> NAME
// Rows of 64 pixels 0 .. 16 and a label -> images-idx3-ubyte, labels-idx1-ubyte. Error: other content.
void convert_digits(const std::filesystem::path& from, const std::filesystem::path& to);
// Rows of four lengths and the number of the species -> iris.csv with a header and names. Error: other content.
void convert_iris(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace limn
