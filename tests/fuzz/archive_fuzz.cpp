// Archives of runs: what is accepted is written and read as the same bytes, and its parts are what they say.
#include "experiment/archive.hpp"

#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(archive) {
  const auto archive = limn::parse_archive(std::as_bytes(std::span(bytes)), "fuzz.limn", std::size_t{1} << 24);
  require(archive.runs.contains(archive.main), "its main run");
  for (const auto& [id, run] : archive.runs) {
    require(run.info.id == id && id.starts_with(limn::recipe_id(run.recipe)), "runs by the hash of their recipes");
    require(run.info.data_location.find("..") == std::string::npos && !run.info.data_location.starts_with('/'),
            "no path out of it");
  }
  const auto written = limn::to_bytes(archive);
  require(limn::to_bytes(limn::parse_archive(std::as_bytes(std::span(written)), "again")) == written,
          "written and read is the same");
}
