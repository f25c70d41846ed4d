// Finds the trials of a JSON document of results without taking it apart: a trial at a time is all that a reader needs
// in memory, what comes next is added behind the last one, and a document that is cut off still has the trials before.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

struct JsonTrials {
  struct Trial {
    std::string_view text;
    std::size_t line = 1;  // of the document, where it begins
  };
  std::vector<Trial> trials;  // views into the document's text
  std::string rest;           // the document with an empty list of trials
  std::size_t end = 0;        // behind the last trial, or behind the bracket that opens the list
  std::string tail;           // what follows there: it closes the document, and begins with a line end
  bool whole = true;          // false: the text ends before the document does
  bool has_list = false;      // else `rest` is the document as it is
};

// In a document of this program, or of anybody who kept its form: an object with a list "trials". Each trial and `rest`
// are still to be parsed, and may turn out to be no JSON. Throws std::runtime_error: `name`, line and why.
JsonTrials find_trials(std::string_view text, const std::string& name);

// How a document of this program ends.
inline constexpr std::string_view json_tail = "\n]\n}\n";

}  // namespace cbench
