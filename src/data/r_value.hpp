// A value out of R's serialisation (XDR): numbers, text or a list, with its attributes. Source: "R Internals", 1.8.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace limn {

struct RValue {
  enum class Kind { kNull, kNumbers, kTexts, kList, kOther };
  Kind kind = Kind::kNull;
  std::vector<double> numbers;     // logical, integer and real vectors; NA is NaN
  std::vector<std::string> texts;  // NA is ""
  std::vector<RValue> items;       // of a list; of a pairlist with its tags as the attribute "names"
  std::vector<std::string> attribute_names;
  std::vector<RValue> attribute_values;  // in the order of their names

  const RValue* attribute(const std::string& name) const;  // null: it has none of that name
  const RValue* item(const std::string& name) const;       // of a list with names; null: there is none
};

// Parses one serialised value, whole: "X\n", or "RDX2\nX\n" and the like. name: the file, for the errors.
// Error: another format, cut short, a kind of value that no table has, nested too deep, bytes left over.
RValue parse_r_value(std::span<const std::byte> bytes, const std::string& name);

}  // namespace limn
