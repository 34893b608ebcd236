// Turns the files of a source into the formats of the cache: decompressed once, and in the formats that the readers
// know. Every one is a Converter (data/catalogue.hpp): `from` holds the source's files, `to` takes the set's.
// Error (kFailure): the files have other content than the set needs, or the disk is full.
#pragma once
#include <filesystem>

#include "data/catalogue.hpp"

namespace limn {

// Where scikit-learn keeps its sets, in Debian's package and in the project's repository.
inline constexpr const char* kSklearnFolder = "./usr/lib/python3/dist-packages/sklearn/datasets/data";
inline constexpr const char* kSklearnAddress =
    "https://raw.githubusercontent.com/scikit-learn/scikit-learn/1.2.1/sklearn/datasets/data";

using Folder = std::filesystem::path;

// NAME.gz -> NAME
void decompress_files(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from, const Folder& to);
// Rows of 64 pixels 0 .. 16 and a label -> images-idx3-ubyte, labels-idx1-ubyte.
void convert_digits(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from, const Folder& to);
// Rows of numbers and the number of the class, below a line of counts -> a table with source.header and the
// names of the classes.
void convert_sklearn(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from, const Folder& to);
// Rows of ten numbers, separated by spaces, and a file of targets -> a table.
void convert_diabetes(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from, const Folder& to);
// The data frame source.object of an .rda file, or of an .rdx and an .rdb file -> a table.
void convert_r(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from, const Folder& to);

}  // namespace limn
