// The JSON of a stored preprocessing. What is accepted comes back the same.
#include "data/preprocessing.hpp"
#include "fuzz/target.hpp"

LIMN_FUZZ(preprocessing) {
  const auto read = limn::Preprocessing::from_json(std::string(bytes));
  const auto text = read.to_json();
  limn::fuzz::require(limn::Preprocessing::from_json(text).to_json() == text, "written and read is the same");
}
