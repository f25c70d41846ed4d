#include "workloads/workload_file_reader.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "text/fitted.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "workloads/workload_file_text.hpp"

namespace cbench {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t longest_name = 40;
constexpr std::size_t longest_summary = 200;
constexpr std::uint64_t default_bytes = 64;
constexpr std::uint64_t most_concurrency = 4'000'000;
constexpr std::uint64_t steepest = 1000;  // p99 of a lognormal distribution over its median
constexpr std::size_t most_values = 64;   // of a list

bool is_name_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

// A value of the file, and where it stands.
class Place {
 public:
  Place(const Json& json, const std::string& file, std::string path = "")
      : json_(json), file_(file), path_(std::move(path)) {}

  const Json& json() const { return json_; }
  // "checkout.json: /steps/0/delay"
  std::string words() const { return fmt::format("{}: {}", file_, path_.empty() ? "/" : path_); }
  UsageError error(std::string_view what) const { return UsageError(fmt::format("{}: {}", words(), what)); }

  Place operator[](std::size_t index) const { return {json_[index], file_, fmt::format("{}/{}", path_, index)}; }
  Place operator[](const char* key) const { return {json_.at(key), file_, fmt::format("{}/{}", path_, key)}; }
  bool has(const char* key) const { return json_.contains(key); }
  std::size_t size() const { return json_.size(); }

  // Its own text, no longer than a person reads.
  std::string shown() const { return shortened(json_.dump(-1, ' ', false, Json::error_handler_t::replace), 40); }

  // An object with no other keys than these; `all` of them where none may be missing.
  const Place& object(const std::vector<std::string>& known, const std::vector<std::string>& needed,
                      std::string_view what) const {
    if (!json_.is_object()) throw error(fmt::format("expected {}, found {}", what, shown()));
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      throw error(unknown("key", shortened(key, longest_name), known).what());
    }
    for (const std::string& key : needed) {
      if (!json_.contains(key)) throw error(fmt::format("\"{}\" is missing: {} needs it", key, what));
    }
    return *this;
  }
  const Place& list(std::size_t most, std::string_view what) const {
    if (!json_.is_array()) throw error(fmt::format("expected a list of {}, found {}", what, shown()));
    if (json_.size() > most) throw error(fmt::format("{} {}, which is more than {}", json_.size(), what, most));
    return *this;
  }
  std::string text(std::string_view what) const {
    if (!json_.is_string()) throw error(fmt::format("expected {} as text, found {}", what, shown()));
    return json_.get<std::string>();
  }
  // Of workloads, classes and locks: it goes on records and into the names of cells.
  std::string name(std::string_view what) const {
    std::string name = text(what);
    const bool good = !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_name_letter);
    if (good) return name;
    throw error(fmt::format("expected {} of 1 to {} letters, digits, \"-\", \"_\" and \".\", found {}", what,
                            longest_name, shown()));
  }
  // A whole number from 0 on, which JSON may spell 1000.0 or 1e3.
  std::uint64_t whole(std::string_view form) const {
    constexpr double exact = 9007199254740992.0;  // 2^53
    if (json_.is_number_unsigned()) return json_.get<std::uint64_t>();
    const double value = json_.is_number() ? json_.get<double>() : -1;
    if (value >= 0 && value <= exact && value == std::floor(value)) return static_cast<std::uint64_t>(value);
    throw error(fmt::format("expected {}, found {}", form, shown()));
  }
  std::uint64_t whole(std::uint64_t least, std::uint64_t most) const {
    const std::string form = fmt::format("a whole number from {} to {}", least, most);
    const std::uint64_t value = whole(form);
    if (value < least || value > most) throw error(fmt::format("expected {}, found {}", form, shown()));
    return value;
  }

 private:
  const Json& json_;
  const std::string& file_;
  std::string path_;
};

// What the numbers of a distribution are.
struct Quantity {
  std::uint64_t (*read)(const Place& place);
  std::string (*write)(std::uint64_t value);
  std::uint64_t most;
};

const Quantity times{
    .read =
        [](const Place& place) {
          if (place.json().is_number()) {
            throw place.error(
                fmt::format("{} has no unit: write a time as text with its unit, as in \"20ms\"", place.shown()));
          }
          const auto time = parse_duration(place.text("a time"), place.words());
          return static_cast<std::uint64_t>(time.count());
        },
    .write = [](std::uint64_t ns) { return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(ns))); },
    .most = static_cast<std::uint64_t>(std::chrono::nanoseconds(most_time).count())};

const Quantity sizes{.read =
                         [](const Place& place) {
                           if (place.json().is_string()) return parse_size(place.text("a size"), place.words());
                           return place.whole("a size in bytes, as in 64 or \"4KiB\"");
                         },
                     .write = [](std::uint64_t bytes) { return human_count(bytes) + " bytes"; },
                     .most = max_request_bytes};

const Quantity amounts{.read =
                           [](const Place& place) {
                             if (place.json().is_string()) return parse_count(place.text("an amount"), place.words());
                             return place.whole("an amount of work, as in 20000 or \"20k\"");
                           },
                       .write = [](std::uint64_t amount) { return human_count(amount); },
                       .most = most_amount};

Distribution distribution_in(const Place& place, const Quantity& quantity) {
  static const std::vector<std::string> kinds{"uniform", "exponential", "lognormal", "values"};
  if (!place.json().is_object()) return Distribution::constant(quantity.read(place));
  place.object(kinds, {}, "a value or a distribution");
  if (place.size() != 1) {
    throw place.error(
        "expected one of uniform, exponential, lognormal and values, as in {\"exponential\": {\"mean\": ...}}");
  }
  if (place.has("uniform")) {
    const Place ends = place["uniform"].object({"from", "to"}, {"from", "to"}, "a uniform distribution");
    const std::uint64_t from = quantity.read(ends["from"]);
    const std::uint64_t to = quantity.read(ends["to"]);
    if (from > to) throw ends.error(fmt::format("from {} to {}: swap them", quantity.write(from), quantity.write(to)));
    return Distribution::uniform(from, to);
  }
  if (place.has("exponential")) {
    const Place of = place["exponential"].object({"mean"}, {"mean"}, "an exponential distribution");
    const std::uint64_t mean = quantity.read(of["mean"]);
    if (mean == 0) throw of["mean"].error("the mean of an exponential distribution is above 0");
    return Distribution::exponential(mean);
  }
  if (place.has("lognormal")) {
    const Place of = place["lognormal"].object({"median", "p99"}, {"median", "p99"}, "a lognormal distribution");
    const std::uint64_t median = quantity.read(of["median"]);
    const std::uint64_t p99 = quantity.read(of["p99"]);
    if (median == 0) throw of["median"].error("the median of a lognormal distribution is above 0");
    if (p99 <= median) {
      throw of["p99"].error(fmt::format("{} is not above the median, {}", quantity.write(p99), quantity.write(median)));
    }
    if (p99 / steepest >= median) {
      throw of["p99"].error(fmt::format("{} is more than {} times the median, {}", quantity.write(p99), steepest,
                                        quantity.write(median)));
    }
    return Distribution::lognormal(median, p99);
  }
  const Place list = place["values"].list(most_values, "values with weights");
  if (list.size() == 0) throw list.error("expected at least one value with its weight");
  std::vector<Distribution::Weighted> values;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Place one = list[i].object({"value", "weight"}, {"value", "weight"}, "a value of a list");
    const auto weight = static_cast<std::uint32_t>(one["weight"].whole(1, most_weight));
    values.push_back({quantity.read(one["value"]), weight});
  }
  return Distribution::values(std::move(values));
}

Distribution bounded_in(const Place& place, const Quantity& quantity) {
  Distribution drawn = distribution_in(place, quantity);
  const std::uint64_t largest = std::max({drawn.first(), drawn.second(), drawn.largest()});
  if (largest <= quantity.most) return drawn;
  const std::string_view is = drawn.is_constant() ? "is" : "would be drawn, which is";
  throw place.error(fmt::format("{} {} more than {}", quantity.write(largest), is, quantity.write(quantity.most)));
}

class StepReader {
 public:
  std::vector<FileStep> steps(const Place& place, int depth, std::uint64_t branches) {
    place.list(most_file_steps, "steps");
    if (depth > deepest_file_body) {
      throw place.error(fmt::format("bodies are nested more than {} deep", deepest_file_body));
    }
    std::vector<FileStep> out;
    for (std::size_t i = 0; i < place.size(); ++i) {
      if (++steps_ > most_file_steps) {
        throw place[i].error(fmt::format("the file has more than {} steps in all", most_file_steps));
      }
      out.push_back(step(place[i], depth, branches));
    }
    return out;
  }

  // Tasks that take two locks in unlike order wait for each other for ever.
  void check_order_of_locks() const {
    std::map<std::string, std::set<std::string>> reached;
    for (const auto& [inner_of, place] : inside_) reached[inner_of.first].insert(inner_of.second);
    for (bool grows = true; grows;) {
      grows = false;
      for (auto& [outer, inner] : reached) {
        for (const std::string& middle : std::set<std::string>(inner)) {
          const auto further = reached.find(middle);
          if (further == reached.end()) continue;
          for (const std::string& last : further->second) grows = inner.insert(last).second || grows;
        }
      }
    }
    for (const auto& [inner_of, place] : inside_) {
      const auto back = reached.find(inner_of.second);
      if (back == reached.end() || !back->second.contains(inner_of.first)) continue;
      throw UsageError(
          fmt::format("{}: lock {} is taken while {} is held, and elsewhere it is the other way round: two "
                      "such tasks would wait for each other for ever; take locks in the same order",
                      place, inner_of.second, inner_of.first));
    }
  }

 private:
  FileStep step(const Place& place, int depth, std::uint64_t branches) {
    static const std::vector<std::string> names{"compute", "wait", "request", "critical", "fan_out"};
    if (!place.json().is_object() || !place.has("do")) {
      throw place.error("expected a step, an object with \"do\": compute, wait, request, critical or fan_out");
    }
    const std::string name = place["do"].text("the step's name");
    FileStep step;
    if (name == "compute") {
      place.object({"do", "kernel", "amount"}, {"kernel", "amount"}, "compute");
      step.kind = StepKind::compute;
      step.kernel = kernel(place["kernel"]);
      step.amount = bounded_in(place["amount"], amounts);
    } else if (name == "wait") {
      place.object({"do", "time"}, {"time"}, "wait");
      step.kind = StepKind::wait;
      step.time = bounded_in(place["time"], times);
    } else if (name == "request") {
      place.object({"do", "bytes", "delay"}, {"delay"}, "request");
      step.kind = StepKind::request;
      step.bytes = place.has("bytes") ? bounded_in(place["bytes"], sizes) : Distribution::constant(default_bytes);
      step.time = bounded_in(place["delay"], times);
    } else if (name == "critical") {
      place.object({"do", "lock", "body"}, {"lock", "body"}, "critical");
      step.kind = StepKind::critical;
      step.lock = place["lock"].name("a lock's name");
      take(place, step.lock);
      step.body = steps(place["body"], depth + 1, branches);
      held_.pop_back();
    } else if (name == "fan_out") {
      place.object({"do", "width", "body"}, {"width", "body"}, "fan_out");
      step.kind = StepKind::fan_out;
      step.width = static_cast<std::uint32_t>(place["width"].whole(1, widest_fan_out));
      if (branches * step.width > most_branches) {
        throw place["width"].error(fmt::format("fan-outs within fan-outs make {} branches, more than {}",
                                               human_count(branches * step.width), human_count(most_branches)));
      }
      step.body = steps(place["body"], depth + 1, branches * step.width);
    } else {
      throw place["do"].error(unknown("step", shortened(name, longest_name), names).what());
    }
    return step;
  }

  static Kernel kernel(const Place& place) {
    const std::string name = place.text("a kernel's name");
    const auto known = kernel_named(name);
    if (known && *known != Kernel::fault) return *known;
    throw place.error(unknown("kernel", shortened(name, longest_name), {"primes", "mix", "memory"}).what());
  }

  void take(const Place& place, const std::string& lock) {
    if (std::ranges::find(held_, lock) != held_.end()) {
      throw place["lock"].error(fmt::format("lock {} is taken inside itself: that never ends", lock));
    }
    if (held_.size() == max_nested_locks) {
      throw place["lock"].error(fmt::format("more than {} locks inside one another", max_nested_locks));
    }
    for (const std::string& outer : held_) inside_.emplace(std::pair(outer, lock), place["lock"].words());
    held_.push_back(lock);
    if (locks_.insert(lock).second && locks_.size() > most_file_locks) {
      throw place["lock"].error(fmt::format("more than {} locks", most_file_locks));
    }
  }

  std::size_t steps_ = 0;
  std::vector<std::string> held_;
  std::set<std::string> locks_;
  std::map<std::pair<std::string, std::string>, std::string> inside_;  // outer and inner lock, and where
};

std::vector<FileClass> classes_in(const Place& top) {
  StepReader reader;
  std::vector<FileClass> classes;
  if (top.has("steps")) {
    classes.push_back({.name = "", .weight = 1, .steps = reader.steps(top["steps"], 0, 1)});
    reader.check_order_of_locks();
    return classes;
  }
  const Place list = top["classes"].list(most_file_classes, "classes");
  if (list.size() == 0) throw list.error("expected at least one class");
  std::vector<std::uint32_t> weights;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Place one = list[i].object({"name", "weight", "steps"}, {"name", "weight", "steps"}, "a class");
    const std::string name = one["name"].name("a class's name");
    if (const auto same = std::ranges::find(classes, name, &FileClass::name); same != classes.end()) {
      throw one["name"].error(
          fmt::format("class \"{}\" is there already, at /classes/{}: give each class a name of its own", name,
                      same - classes.begin()));
    }
    weights.push_back(static_cast<std::uint32_t>(one["weight"].whole(1, most_weight)));
    classes.push_back({.name = name, .weight = weights.back(), .steps = reader.steps(one["steps"], 0, 1)});
  }
  try {
    turns_of(weights, 1);
  } catch (const UsageError& error) {
    throw list.error(error.what());
  }
  reader.check_order_of_locks();
  return classes;
}

// What stands between the last slash and the extension, as a name may be.
std::string stem_of(const std::string& path) {
  std::string stem = path.substr(path.rfind('/') + 1);
  if (stem.ends_with(".json")) stem.resize(stem.size() - 5);
  stem.resize(std::min(stem.size(), longest_name));
  std::ranges::replace_if(
      stem, [](char c) { return !is_name_letter(c); }, '-');
  return stem.empty() ? "workload" : stem;
}

}  // namespace

WorkloadFile parse_workload_file(std::string_view text, const std::string& name) {
  const Json json = parse_hand_written(text, name);
  const Place top(json, name);
  top.object({"$schema", "name", "summary", "concurrency", "steps", "classes"}, {}, "a workload");
  if (top.has("$schema")) top["$schema"].text("where the schema is");
  if (top.has("steps") == top.has("classes")) {
    throw top.error("a workload has either \"steps\" or \"classes\", of which each has its own");
  }
  WorkloadFile file;
  file.name = top.has("name") ? top["name"].name("a workload's name") : stem_of(name);
  if (top.has("summary")) {
    file.summary = top["summary"].text("what it stands for");
    if (file.summary.size() > longest_summary ||
        std::ranges::any_of(file.summary, [](char c) { return c >= 0 && c < ' '; })) {
      throw top["summary"].error(fmt::format("expected one line of at most {} bytes", longest_summary));
    }
  }
  if (top.has("concurrency")) {
    file.concurrency = static_cast<std::uint32_t>(top["concurrency"].whole(1, most_concurrency));
  }
  file.classes = classes_in(top);
  return file;
}

WorkloadFile read_workload_file(const std::string& path) {
  return parse_workload_file(text_of_workload_file(path), path);
}

}  // namespace cbench
