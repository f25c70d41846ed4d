#include "harness/host.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <thread>

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/clock.hpp"
#include "harness/compilation.hpp"
#include "system/awake_cpus.hpp"
#include "system/cgroup.hpp"
#include "system/kernel_file.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;

constexpr const char* unknown_text = "unknown";
constexpr double least_ticks = 10;  // of the kernel's clock within a window: each CPU's count is off by up to one

double kernel_ticks_per_s() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

// "cpu0" and so on; "cpu" alone is their sum.
bool is_line_of_one_cpu(std::string_view line) {
  return line.starts_with("cpu") && line.size() > 3 && line[3] >= '0' && line[3] <= '9';
}

std::string cpu_model(const std::string& cpuinfo) {
  for (const char* name : {"model name", "Model", "Hardware", "cpu"}) {  // x86, arm boards, POWER
    if (auto model = line_named(cpuinfo, name); model && !model->empty()) return *model;
  }
  return unknown_text;
}

// "performance", or all that are in use, sorted.
std::string governor(const fs::path& root, const std::vector<std::uint32_t>& cpus) {
  std::set<std::string> governors;
  for (const std::uint32_t cpu : cpus) {
    auto name = read_kernel_file(root / fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", cpu));
    if (name && !name->empty()) governors.insert(*name);
  }
  return governors.empty() ? unknown_text : fmt::format("{}", fmt::join(governors, ", "));
}

std::string clock_text() {
  if (!ticks::source().tsc) return "clock_gettime";
  // One decimal: two calibrations of one host should read the same.
  return fmt::format("tsc {:.1f} GHz", ticks::source().ticks_per_s / 1e9);
}

// Those that are online and that the scheduler may use for this process.
std::vector<std::uint32_t> allowed_cpus(const fs::path& root, const std::vector<std::uint32_t>& online) {
  const std::string status = read_kernel_file(root / "proc/self/status").value_or("");
  const std::vector<std::uint32_t> mask = cpus_in_list(line_named(status, "Cpus_allowed_list").value_or(""));
  std::vector<std::uint32_t> allowed;  // the mask names CPUs that do not exist, too
  std::set_intersection(online.begin(), online.end(), mask.begin(), mask.end(), std::back_inserter(allowed));
  return allowed.empty() ? online : allowed;
}

std::vector<std::uint32_t> online_cpus(const fs::path& root) {
  auto online = cpus_in_list(read_kernel_file(root / "sys/devices/system/cpu/online").value_or(""));
  if (online.empty()) {
    for (std::uint32_t cpu = 0; cpu < std::max(1U, std::thread::hardware_concurrency()); ++cpu) online.push_back(cpu);
  }
  return online;
}

// A function of the process by its name, or nullptr.
template <class Function>
Function* function_named(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

HostFacts host_facts(const fs::path& root) {
  const std::vector<std::uint32_t> online = online_cpus(root);
  const std::string meminfo = read_kernel_file(root / "proc/meminfo").value_or("");
  return {
      .cpu_model = cpu_model(read_kernel_file(root / "proc/cpuinfo").value_or("")),
      .kernel = "Linux " + read_kernel_file(root / "proc/sys/kernel/osrelease").value_or(unknown_text),
      .governor = governor(root, online),
      .idle = cpus_are_kept_awake() ? "kept awake" : "",
      .clock = clock_text(),
      .cpus_online = static_cast<std::uint32_t>(online.size()),
      .cpus_allowed = static_cast<std::uint32_t>(allowed_cpus(root, online).size()),
      .cpu_quota = group_limits(root).cpus.value_or(0),
      .memory_bytes = leading_number(line_named(meminfo, "MemTotal").value_or("")).value_or(0) * 1024,
  };
}

BuildFacts build_facts(const TextMap& model_libraries) {
  BuildFacts facts{
      .version = std::string(compilation.version),
      .compiler = std::string(compilation.compiler),
      .build_type = compilation.build_type.empty() ? "none" : std::string(compilation.build_type),
      .allocator = allocator_in_use(),
      .libraries = model_libraries,
  };
  for (const std::string_view library : split(compilation.libraries, ';')) {
    const auto equals = library.find('=');
    facts.libraries.emplace(library.substr(0, equals), library.substr(equals + 1));
  }
  return facts;
}

std::string allocator_in_use() {
  if (dlsym(RTLD_DEFAULT, "__asan_init") != nullptr) return "AddressSanitizer";
  if (dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr) return "ThreadSanitizer";
  // The object that malloc comes from decides: a library may be loaded without answering malloc.
  Dl_info malloc_object{};
  void* const malloc_found = dlsym(RTLD_DEFAULT, "malloc");
  if (malloc_found == nullptr || dladdr(malloc_found, &malloc_object) == 0) return unknown_text;
  const auto answers_malloc = [&](const char* function) {
    Dl_info object{};
    void* const found = dlsym(RTLD_DEFAULT, function);
    return found != nullptr && dladdr(found, &object) != 0 && object.dli_fbase == malloc_object.dli_fbase;
  };
  if (answers_malloc("gnu_get_libc_version")) return fmt::format("glibc {}", gnu_get_libc_version());
  if (answers_malloc("mallctl")) {
    const char* version = unknown_text;
    std::size_t size = sizeof version;
    function_named<int(const char*, void*, std::size_t*, void*, std::size_t)>("mallctl")("version", &version, &size,
                                                                                         nullptr, 0);
    return fmt::format("jemalloc {}", std::string_view(version).substr(0, std::string_view(version).find('-')));
  }
  if (answers_malloc("tc_version")) {
    int major = 0;
    int minor = 0;
    const char* patch = "";
    return fmt::format("tcmalloc ({})",
                       function_named<const char*(int*, int*, const char**)>("tc_version")(&major, &minor, &patch));
  }
  if (answers_malloc("mi_version")) {
    const int version = function_named<int()>("mi_version")();  // 209 is 2.0.9
    return fmt::format("mimalloc {}.{}.{}", version / 100, version / 10 % 10, version % 10);
  }
  return fmt::format("malloc of {}", fs::path(malloc_object.dli_fname).filename().string());
}

HostActivity host_activity(const fs::path& root) {
  HostActivity activity;
  // cpu user nice system idle iowait irq softirq steal guest guest_nice; guests' time is in user and nice already.
  const std::string text = read_kernel_file(root / "proc/stat").value_or("");
  const auto lines = split(text, '\n');
  const auto fields = split(lines.empty() ? "" : lines.front(), ' ');
  if (fields.size() >= 9 && fields.front() == "cpu") {
    const auto seconds = [&](std::size_t i) {
      return static_cast<double>(leading_number(fields[i]).value_or(0)) / kernel_ticks_per_s();
    };
    activity.cpus = static_cast<std::uint32_t>(std::ranges::count_if(lines, is_line_of_one_cpu));
    activity.busy_s = seconds(1) + seconds(2) + seconds(3) + seconds(6) + seconds(7);
    activity.steal_s = seconds(8);
  }
  const std::string load = read_kernel_file(root / "proc/loadavg").value_or("");
  std::from_chars(load.data(), load.data() + load.size(), activity.load_average);
  return activity;
}

std::optional<ForeignActivity> foreign_activity(const HostActivity& before, const HostActivity& after, double window_s,
                                                double own_cpu_s) {
  const bool told = after.busy_s > 0;
  if (!told || window_s * kernel_ticks_per_s() < least_ticks) return std::nullopt;
  const double steal_s = after.steal_s - before.steal_s;
  const double all_s = after.busy_s - before.busy_s + steal_s;
  // Own time is known to the nanosecond and the kernel's to hundredths of a second: the difference may fall below 0, or
  // beyond what the trial left of the CPUs.
  const double left = after.cpus > 0 ? std::max(0.0, after.cpus - own_cpu_s / window_s) : all_s / window_s;
  const auto within = [](double share, double most) { return std::clamp(share, 0.0, std::max(0.0, most)); };
  return ForeignActivity{.foreign_cpu_share = within((all_s - own_cpu_s) / window_s, left),
                         .steal_share = within(steal_s / window_s, left)};
}

}  // namespace cbench
