// The members of a JSON object, read by name, with errors that say where in the document a member stands, what was
// expected there and what was found.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "text/json_text.hpp"

namespace cbench {

inline constexpr std::uint64_t largest_whole = (1ULL << 53U) - 1;  // that every language reads

// `scripts[3].steps: expected a list`: what every error of a reader of JSON looks like.
std::runtime_error json_error(std::string_view path, std::string_view expected, const Json& found);

// A whole number from 0 on. Some languages write 1000 as 1000.0 or 1e3: a whole number all the same. Throws json_error,
// and where it is more than `most`.
std::uint64_t whole_number(const Json& json, std::string_view path, std::uint64_t most = largest_whole);

// Text of 16 hexadecimal digits, which is how 64 bits come through every language. Throws json_error.
std::uint64_t hex_number(const Json& json, std::string_view path);

// Every function throws std::runtime_error where a member is missing or is something else. The object must outlive it.
class JsonFields {
 public:
  // `where`: the path of the object within its document; empty: the document itself.
  JsonFields(const Json& json, std::string where);

  std::string path(std::string_view name) const;
  bool has(std::string_view name) const;
  // Whether it is there and not null.
  bool given(std::string_view name) const;
  const Json& at(std::string_view name) const;

  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  double number(std::string_view name) const;  // finite, from 0 on
  std::uint64_t whole(std::string_view name, std::uint64_t most = largest_whole) const;
  std::uint64_t hex(std::string_view name) const;  // 16 hexadecimal digits
  std::chrono::nanoseconds time(std::string_view name) const;
  std::map<std::string, std::string, std::less<>> texts(std::string_view name) const;
  const Json& list(std::string_view name, std::size_t most = SIZE_MAX) const;
  JsonFields object(std::string_view name) const;

  // The same, into a member of what is being read.
  void read(std::string_view name, std::string& value) const { value = text(name); }
  void read(std::string_view name, bool& value) const { value = flag(name); }
  void read(std::string_view name, double& value) const { value = number(name); }
  void read(std::string_view name, int& value) const {
    value = static_cast<int>(whole(name, std::numeric_limits<int>::max()));
  }
  template <std::unsigned_integral Number>
  void read(std::string_view name, Number& value) const {
    value = static_cast<Number>(whole(name, std::numeric_limits<Number>::max()));
  }
  void read(std::string_view name, std::chrono::nanoseconds& value) const { value = time(name); }
  void read(std::string_view name, std::map<std::string, std::string, std::less<>>& value) const {
    value = texts(name);
  }
  void read(std::string_view name, std::vector<std::string>& value) const;
  void read(std::string_view name, std::vector<double>& value) const;

 private:
  const Json& json_;
  std::string where_;
};

}  // namespace cbench
