#include "workloads/workload_file_text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/fitted.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "workloads/workload_file.hpp"

namespace cbench {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 4 * deepest_file_body;  // of lists and objects: a body is a list in an object in a list

std::string line_and_column(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const std::size_t line_begin = before.rfind('\n') + 1;  // 0 where there is no line end before it
  return fmt::format("{}:{}", std::ranges::count(before, '\n') + 1, before.size() - line_begin + 1);
}

// "unexpected '}'; expected string literal", of the library's longer sentence.
std::string reason_of(const Json::exception& error) {
  std::string_view text = error.what();
  for (const std::string_view before : {"] ", " - "}) {
    if (const auto at = text.find(before); at != std::string_view::npos) text.remove_prefix(at + before.size());
  }
  return shortened(text, 160);
}

// What the parser meets, level by level: it knows where in the file that is.
class Watch {
 public:
  explicit Watch(const std::string& name) : name_(name) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    switch (event) {
      case Event::object_start:
      case Event::array_start:
        if (depth >= deepest) throw UsageError(fmt::format("{}: nested more than {} levels deep", name_, deepest));
        levels_.push_back({.is_list = event == Event::array_start});
        break;
      case Event::object_end:
      case Event::array_end:
        levels_.pop_back();
        count_entry();
        break;
      case Event::key: take_key(parsed.get<std::string>()); break;
      case Event::value: count_entry(); break;
    }
    return true;
  }

  // "checkout.json: /steps/0/time", of the value that comes next.
  std::string place() const { return place_of(levels_.size()); }

 private:
  struct Level {
    bool is_list = false;
    std::size_t entries = 0;  // of a list: those that are over
    std::string key{};        // of an object: the last
    std::set<std::string> keys{};
  };

  void count_entry() {
    if (!levels_.empty()) ++levels_.back().entries;
  }

  void take_key(std::string key) {
    Level& object = levels_.back();
    if (!object.keys.insert(key).second) {
      throw UsageError(
          fmt::format("{}: \"{}\" stands twice in one object", place_of(levels_.size() - 1), shortened(key, 40)));
    }
    object.key = std::move(key);
  }

  std::string place_of(std::size_t levels) const {
    std::string path;
    for (std::size_t i = 0; i < levels; ++i) {
      path += '/' + (levels_[i].is_list ? std::to_string(levels_[i].entries) : shortened(levels_[i].key, 40));
    }
    return fmt::format("{}: {}", name_, path.empty() ? "/" : path);
  }

  const std::string& name_;
  std::vector<Level> levels_;
};

class File {
 public:
  explicit File(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

UsageError too_large(const std::string& path, std::string_view has) {
  return UsageError(fmt::format("{} has {} bytes: a workload file may have {} at most", path, has,
                                human_count(largest_workload_file)));
}

}  // namespace

Json parse_hand_written(std::string_view text, const std::string& name) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) throw UsageError(name + ": the file is empty");
  Watch watch(name);
  try {
    return Json::parse(text, std::ref(watch));
  } catch (const Json::parse_error& error) {
    throw UsageError(fmt::format("{}:{}: not JSON: {}", name, line_and_column(text, error.byte), reason_of(error)));
  } catch (const Json::exception& error) {  // a number that no double holds
    throw UsageError(fmt::format("{}: {}", watch.place(), reason_of(error)));
  }
}

std::string text_of_workload_file(const std::string& path) {
  const auto failed = [&] {
    const std::string hint = errno == ENOENT ? "; `cbench list` has the workloads that are not files" : "";
    return UsageError(fmt::format("workload {}: {}{}", path, std::strerror(errno), hint));
  };
  const File file(path);
  struct stat facts {};
  if (file.descriptor() < 0 || fstat(file.descriptor(), &facts) != 0) throw failed();
  if (S_ISDIR(facts.st_mode)) throw UsageError(fmt::format("workload {}: it is a folder", path));
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (S_ISREG(facts.st_mode) && size > largest_workload_file) {
    throw too_large(path, human_count(size));
  }
  // Of a pipe, too, no more than that.
  std::string text(largest_workload_file + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = read(file.descriptor(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw failed();
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > largest_workload_file) throw too_large(path, "more than " + human_count(largest_workload_file));
  text.resize(filled);
  return text;
}

}  // namespace cbench
