// Recipes. What is accepted has one canonical text.
#include "experiment/recipe.hpp"

#include "fuzz/target.hpp"

LIMN_FUZZ(recipe) {
  const auto recipe = limn::recipe_from_json(std::string(bytes));
  const auto text = limn::to_json(recipe);
  limn::fuzz::require(limn::to_json(limn::recipe_from_json(text)) == text, "written and read is the same");
}
