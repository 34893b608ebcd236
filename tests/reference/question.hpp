// What the programs of the reference suite share: a question on standard input, lines "name words..."; memory for a
// function's inputs; and answers, lines "interpreted|planned NAME numbers...". All numbers are hexadecimal floats.
#pragma once
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "exec/executable.hpp"

namespace limn::reference {

using Numbers = std::vector<double>;

class Question {
 public:
  explicit Question(std::istream& in) {
    for (std::string line; std::getline(in, line);) {
      const auto space = line.find(' ');
      words_[line.substr(0, space)] = line.substr(space + 1);
    }
  }

  const std::string& text(const std::string& name) const { return words_.at(name); }
  std::int64_t whole(const std::string& name) const { return std::stoll(text(name)); }
  Shape shape(const std::string& name) const {
    std::istringstream line(text(name));
    std::vector<std::int64_t> dims;
    for (std::int64_t dim; line >> dim;) dims.push_back(dim);
    return Shape(dims);
  }
  Numbers numbers(const std::string& name) const {
    Numbers list;
    std::istringstream line(text(name));
    for (std::string word; line >> word;) list.push_back(std::strtod(word.c_str(), nullptr));
    return list;
  }

 private:
  std::map<std::string, std::string> words_;
};

// The inputs of a function as float32 (indices: int32), where an Executable can be bound to them.
class Memory {
 public:
  Memory(const Fn& fn, const std::vector<Numbers>& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      float* to = floats_.emplace_back(inputs[i].size()).data();
      const bool is_index = fn.graph[fn.graph.inputs()[i]].dtype == DType::kIndex;
      for (std::size_t k = 0; k < inputs[i].size(); ++k) {
        const auto index = static_cast<std::int32_t>(is_index ? inputs[i][k] : 0);
        if (is_index)
          std::memcpy(to + k, &index, sizeof index);
        else
          to[k] = static_cast<float>(inputs[i][k]);
      }
      pointers_.push_back(to);
    }
  }
  const std::vector<void*>& pointers() const { return pointers_; }
  std::span<const float> operator[](std::size_t i) const { return floats_[i].span(); }

 private:
  std::vector<AlignedFloats> floats_;
  std::vector<void*> pointers_;
};

template <class List>
void answer(const char* who, const std::string& name, const List& numbers) {
  std::string line = fmt::format("{} {}", who, name);
  for (const double number : numbers) line += fmt::format(" {:a}", number);
  std::cout << line << '\n';
}

}  // namespace limn::reference
