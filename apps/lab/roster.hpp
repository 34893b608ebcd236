// Who is in a class: a file with a name a line, or a number of students without names. It must not know their tokens.
#pragma once
#include <string>
#include <vector>

namespace limn::lab {

inline constexpr std::size_t kMostStudents = 200;

// `roster`: a whole number N, which makes student-01 to student-N, or the path of a UTF-8 text with one student a line.
// Of a line only the first column of a CSV counts; a first line that is only the column's title is left out.
// Error, with the line's number: an empty line, a name twice, no plain text, more than kMostStudents.
std::vector<std::string> read_roster(const std::string& roster);

}  // namespace limn::lab
