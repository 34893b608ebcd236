#include "lab/data_cache.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace limn::lab {

std::string to_text(const DataRequest& r) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", r.data, r.target, r.split, r.seed, r.normalize);
}

std::shared_ptr<const Dataset> DataCache::find(const DataRequest& wanted, const std::string& digest) {
  bool just_loaded = false;
  const auto all = known_.find(to_text(wanted));
  if (all != known_.end()) {
    for (const auto& weak : all->second)
      if (auto data = weak.lock()) {
        if (digest.empty() || data->digest == digest) return data;
        just_loaded |= data == arrived_;
      }
  }
  if (!just_loaded) throw DataMissing{wanted};
  throw Error(fmt::format("the data {} are not those the run was made with", wanted.data),
              "restore the data as they were, or train a new run");
}

void DataCache::put(const DataRequest& wanted, const std::shared_ptr<const Dataset>& data) {
  auto& all = known_[to_text(wanted)];
  std::erase_if(all, [](const auto& weak) { return weak.expired(); });
  all.push_back(data);
}

}  // namespace limn::lab
