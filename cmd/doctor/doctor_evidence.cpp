// Gathers what `cbench doctor` judges: limits, a short watch over other programs, and two things tried out (how late a
// sleep ends, whether loopback connects).
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cmd/doctor/doctor_checks.hpp"
#include "system/kernel_file.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto watch_time = 500ms;
constexpr auto sleep_time = 50us;
constexpr int sleeps = 200;

struct ProcessTime {
  std::string name;
  double cpu_s = 0;
};

// The CPU time of every process so far.
std::map<int, ProcessTime> process_times(const fs::path& root) {
  std::map<int, ProcessTime> times;
  const auto ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::error_code error;
  for (fs::directory_iterator entry(root / "proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string folder = entry->path().filename().string();
    int pid = 0;
    const auto [rest, bad] = std::from_chars(folder.data(), folder.data() + folder.size(), pid);
    if (bad != std::errc{} || rest != folder.data() + folder.size()) continue;
    // 4711 (name, which may hold anything) R 1 ...: user and system time are the 12th and 13th field after the name.
    const std::string text = read_kernel_file(entry->path() / "stat").value_or("");
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) continue;
    const auto fields = split(std::string_view(text).substr(close + 1), ' ');
    if (fields.size() < 13) continue;
    const auto ticks = leading_number(fields[11]).value_or(0) + leading_number(fields[12]).value_or(0);
    times[pid] = {text.substr(open + 1, close - open - 1), static_cast<double>(ticks) / ticks_per_s};
  }
  return times;
}

std::vector<BusyProcess> busiest(const std::map<int, ProcessTime>& before, const std::map<int, ProcessTime>& after,
                                 double window_s) {
  constexpr double worth_a_word = 0.05;  // CPUs
  constexpr std::size_t most = 3;
  std::vector<BusyProcess> busy;
  for (const auto& [pid, process] : after) {
    const auto earlier = before.find(pid);
    const double cpus = (process.cpu_s - (earlier == before.end() ? 0 : earlier->second.cpu_s)) / window_s;
    if (cpus >= worth_a_word && pid != getpid()) busy.push_back({process.name, pid, cpus});
  }
  std::sort(busy.begin(), busy.end(), [](const BusyProcess& a, const BusyProcess& b) { return a.cpus > b.cpus; });
  busy.resize(std::min(busy.size(), most));
  return busy;
}

std::chrono::nanoseconds median_oversleep() {
  std::array<std::chrono::nanoseconds, sleeps> over{};
  for (auto& one : over) {
    const auto begin = SteadyClock::now();
    std::this_thread::sleep_for(sleep_time);
    one = SteadyClock::now() - begin - sleep_time;
  }
  std::nth_element(over.begin(), over.begin() + sleeps / 2, over.end());
  return over[sleeps / 2];
}

double own_cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Why no connection over 127.0.0.1 is possible, or empty.
std::string try_loopback() {
  const auto failed = [](const char* what) { return fmt::format("{}: {}", what, std::strerror(errno)); };
  struct Socket {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
      if (descriptor >= 0) close(descriptor);
    }
  };
  const Socket server;
  const Socket client;
  if (server.descriptor < 0 || client.descriptor < 0) return failed("no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  if (bind(server.descriptor, generic, length) != 0) return failed("bind to 127.0.0.1");
  if (listen(server.descriptor, 1) != 0) return failed("listen on 127.0.0.1");
  if (getsockname(server.descriptor, generic, &length) != 0) return failed("port on 127.0.0.1");
  if (connect(client.descriptor, generic, length) != 0) return failed("connect to 127.0.0.1");
  return "";
}

std::uint64_t number_of(rlim_t limit) { return limit == RLIM_INFINITY ? UINT64_MAX : limit; }

}  // namespace

Evidence gather_evidence(const fs::path& root) {
  Evidence evidence;
  evidence.root = root;
  evidence.clock = ticks::calibrate();
  evidence.facts = host_facts(root);
  evidence.build = build_facts({});
  evidence.groups = group_limits(root);

  const auto begin = SteadyClock::now();
  const HostActivity before = host_activity(root);
  const double own_before = own_cpu_s();
  const auto processes_before = process_times(root);
  evidence.oversleep = median_oversleep();
  std::this_thread::sleep_until(begin + watch_time);
  const auto processes_after = process_times(root);
  const HostActivity after = host_activity(root);
  const double window_s = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  evidence.activity = foreign_activity(before, after, window_s, own_cpu_s() - own_before).value_or(ForeignActivity{});
  evidence.load_average = after.load_average;
  evidence.busiest = busiest(processes_before, processes_after, window_s);

  evidence.timer_slack = std::chrono::nanoseconds{std::max(0, prctl(PR_GET_TIMERSLACK))};
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    evidence.descriptors_soft = number_of(limit.rlim_cur);
    evidence.descriptors_hard = number_of(limit.rlim_max);
  }
  // Root may go beyond RLIMIT_NPROC.
  if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &limit) == 0) evidence.processes = number_of(limit.rlim_cur);
  evidence.loopback_error = try_loopback();
  return evidence;
}

}  // namespace cbench
