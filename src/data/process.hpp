// Runs another program and waits for it: an argument vector, never a shell.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace limn {

// Runs arguments[0] (searched in PATH) in `folder`, standard input empty, standard output and error into files.
// Returns its exit status, 128 + signal if a signal ended it, 127 if it could not be started.
// Error (kFailure): the files cannot be written, or no process can be made.
int run_program(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                const std::filesystem::path& output, const std::filesystem::path& errors);

}  // namespace limn
