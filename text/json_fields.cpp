#include "text/json_fields.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace cbench {
namespace {

constexpr std::size_t longest_quote = 40;

std::string quote(const Json& json) {
  const std::string text = to_line(json);
  return text.size() <= longest_quote ? text : text.substr(0, longest_quote) + "...";
}

}  // namespace

std::runtime_error json_error(std::string_view path, std::string_view expected, const Json& found) {
  return std::runtime_error(fmt::format("{}: expected {}, found {}", path, expected, quote(found)));
}

std::uint64_t whole_number(const Json& json, std::string_view path, std::uint64_t most) {
  std::uint64_t value = 0;
  if (json.is_number_integer() && (json.is_number_unsigned() || json.get<std::int64_t>() >= 0)) {
    value = json.get<std::uint64_t>();
  } else if (json.is_number_float() && json.get<double>() >= 0 &&
             json.get<double>() <= static_cast<double>(largest_whole + 1) &&
             json.get<double>() == std::floor(json.get<double>())) {
    value = static_cast<std::uint64_t>(json.get<double>());
  } else {
    throw json_error(path, "a whole number from 0 on", json);
  }
  if (value > most) throw std::runtime_error(fmt::format("{}: {} is more than {}", path, value, most));
  return value;
}

std::uint64_t hex_number(const Json& json, std::string_view path) {
  if (!json.is_string()) throw json_error(path, "text", json);
  const auto digits = json.get<std::string>();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 16 || error != std::errc{} || end != digits.data() + digits.size()) {
    throw json_error(path, "16 hexadecimal digits", json);
  }
  return value;
}

JsonFields::JsonFields(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  if (!json_.is_object()) throw json_error(where_.empty() ? "JSON" : where_, "an object", json_);
}

std::string JsonFields::path(std::string_view name) const {
  return where_.empty() ? std::string(name) : fmt::format("{}.{}", where_, name);
}

bool JsonFields::has(std::string_view name) const { return json_.contains(std::string(name)); }

bool JsonFields::given(std::string_view name) const { return has(name) && !at(name).is_null(); }

const Json& JsonFields::at(std::string_view name) const {
  const auto found = json_.find(std::string(name));
  if (found == json_.end()) throw std::runtime_error(path(name) + ": missing");
  return *found;
}

std::string JsonFields::text(std::string_view name) const {
  const Json& value = at(name);
  if (!value.is_string()) throw json_error(path(name), "text", value);
  return value.get<std::string>();
}

bool JsonFields::flag(std::string_view name) const {
  const Json& value = at(name);
  if (!value.is_boolean()) throw json_error(path(name), "true or false", value);
  return value.get<bool>();
}

double JsonFields::number(std::string_view name) const {
  const Json& value = at(name);
  const bool is_right = value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() >= 0;
  if (!is_right) throw json_error(path(name), "a number from 0 on", value);
  return value.get<double>();
}

std::uint64_t JsonFields::whole(std::string_view name, std::uint64_t most) const {
  return whole_number(at(name), path(name), most);
}

std::uint64_t JsonFields::hex(std::string_view name) const { return hex_number(at(name), path(name)); }

std::chrono::nanoseconds JsonFields::time(std::string_view name) const {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(whole(name, std::numeric_limits<std::int64_t>::max())));
}

std::map<std::string, std::string, std::less<>> JsonFields::texts(std::string_view name) const {
  const Json& object = at(name);
  if (!object.is_object()) throw json_error(path(name), "an object of text", object);
  std::map<std::string, std::string, std::less<>> map;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) throw json_error(fmt::format("{}.{}", path(name), key), "text", value);
    map.emplace(key, value.get<std::string>());
  }
  return map;
}

const Json& JsonFields::list(std::string_view name, std::size_t most) const {
  const Json& value = at(name);
  if (!value.is_array()) throw json_error(path(name), "a list", value);
  if (value.size() > most) throw json_error(path(name), fmt::format("at most {} entries", most), value);
  return value;
}

JsonFields JsonFields::object(std::string_view name) const { return {at(name), path(name)}; }

void JsonFields::read(std::string_view name, std::vector<std::string>& value) const {
  value.clear();
  for (const Json& item : list(name)) {
    if (!item.is_string()) throw json_error(fmt::format("{}[{}]", path(name), value.size()), "text", item);
    value.push_back(item.get<std::string>());
  }
}

void JsonFields::read(std::string_view name, std::vector<double>& value) const {
  value.clear();
  for (const Json& item : list(name)) {
    if (!item.is_number()) throw json_error(fmt::format("{}[{}]", path(name), value.size()), "a number", item);
    value.push_back(item.get<double>());
  }
}

}  // namespace cbench
