// Data that runs share: loaded once, and kept as long as a run has them. It must not know how or where they are loaded.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace limn::lab {

// Thrown by what cannot go on without data that are not here. Nothing was changed before.
struct DataMissing {
  DataRequest wanted;
};

std::string to_text(const DataRequest& request);  // another one for every other request

class DataCache {
 public:
  // The data of that request, and of that digest unless it is empty. Throws DataMissing, or Error where those that were
  // loaded for this very request are others.
  std::shared_ptr<const Dataset> find(const DataRequest& wanted, const std::string& digest = "");

  void put(const DataRequest& wanted, const std::shared_ptr<const Dataset>& data);
  void arrived(std::shared_ptr<const Dataset> data) {
    arrived_ = std::move(data);
  }  // until the job that wanted them is done

 private:
  std::map<std::string, std::vector<std::weak_ptr<const Dataset>>> known_;
  std::shared_ptr<const Dataset> arrived_;
};

}  // namespace limn::lab
