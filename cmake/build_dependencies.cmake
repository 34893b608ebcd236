# What only limn's own sources want: headers alone, nothing to link.
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
