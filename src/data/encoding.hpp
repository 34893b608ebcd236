// From tables of text to numbers: what each column means, fitted on the training rows alone, and the encoded rows.
// It must not know files; a row is an index into the table.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/csv.hpp"
#include "data/preprocessing.hpp"

namespace limn {

// The column to predict, read over the whole table.
struct Target {
  std::size_t column = 0;
  std::vector<std::int32_t> rows;    // of the table, whose target is there; the vectors below go with it
  std::vector<std::string> classes;  // empty: regression
  std::vector<std::int32_t> labels;  // of classes
  std::vector<double> values;        // of regression, as in the table
};

// Text becomes classes, in byte order; so do integers of at most 20 different values that each occur twice or more, in
// their own order; all other numbers are regressed. Rows without a target are left out. name: empty for the last
// column. Error: no such column, no value, a single value, more than 256 texts or as many as half the rows, infinity.
Target read_target(const Table& table, const std::string& name);

// Columns other than the target: numbers where every value present is one, else categories. Fits means, deviations and
// categories on `rows` alone. A column without a value, and a text column of more than 256 different texts (or more
// than 20 and than half the rows: names, keys), is left out and named in `notes`. Error: infinity among numbers, no
// column left.
Preprocessing fit_table(const Table& table, const Target& target, std::span<const std::int32_t> rows,
                        std::vector<std::string>& notes);

// Encodes rows: float32 [rows, preprocessing.width()]. Columns are found by name.
// Error: a column is not there, text in a column of numbers, a number too far from the fitted ones for float32.
std::vector<float> encode_table(const Table& table, const Preprocessing& preprocessing,
                                std::span<const std::int32_t> rows);

// The target of every row by a fitted preprocessing: labels, or standardised values. Where there is no such column or
// no value: -1, or NaN. Error: a class that is not among the fitted ones, text among numbers.
std::vector<std::int32_t> encode_labels(const Table& table, const Preprocessing& preprocessing);
std::vector<float> encode_targets(const Table& table, const Preprocessing& preprocessing);

}  // namespace limn
