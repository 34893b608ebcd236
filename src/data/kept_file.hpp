// Names of data files that are kept under the hash of their content: STEM-<12 hex digits of the SHA-256>.ENDING.
// It must not know where they lie.
#pragma once
#include <string>
#include <string_view>

namespace limn {

// The ending of a name that such a file may have, in lower case: "csv", "tsv", "csv.gz", "tsv.gz", "npz", "zip"; else
// "".
std::string kept_ending(std::string_view name);

// "-<12 hex digits>.ENDING" of a name that a kept file can have, which is a plain file name then; else "".
std::string kept_tail(std::string_view name);

// The name under which these bytes are kept: that of the file, its stem in plain characters, with the tail, which comes
// once. So the name of a kept file stays what it is. `name`: of a file, without its folder and of a known ending.
std::string kept_name(std::string_view name, std::string_view bytes);

}  // namespace limn
