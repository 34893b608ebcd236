# What only limn's own sources want: headers alone, nothing to link.
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.74 REQUIRED)  # Beast and Asio, headers alone
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
