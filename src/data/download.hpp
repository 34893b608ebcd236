// Downloads files by http or https through the program curl, and goes on where a broken download stopped. It must not
// know what the files are: whoever calls compares checksums.
#pragma once
#include <filesystem>
#include <string>

#include "data/package.hpp"

namespace limn {

// $LIMN_TIMEOUT seconds without a connection or 100 bytes a second end a download; 30 if it is not set. Error: not 1 to
// 3600.
int download_timeout();

// Downloads address/file to folder/file and does nothing if it is there. The bytes that came are kept beside it in
// file.part, from which the next call goes on; it starts again where the server cannot do that.
// Error: kRequest for an address that is neither http nor https; kFailure when there is no curl, no connection, no such
// file, or the bytes stop coming.
void download(const std::string& address, const std::string& file, const std::filesystem::path& folder,
              const Progress& progress);

}  // namespace limn
