// What the parent reads of a trial's processes is theirs, and of the window alone.
#include "harness/trial_meter.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

void burn(double seconds) {
  timespec now{};
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  } while (static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9 < seconds);
}

// A process that does what it is told and stays until it is ended.
class Child {
 public:
  explicit Child(const std::function<void(int told)>& work) {
    if (pipe(to_) != 0 || pipe(from_) != 0) std::abort();
    pid_ = fork();
    if (pid_ != 0) return;
    for (char order = 0; read(to_[0], &order, 1) == 1;) {
      work(order);
      if (write(from_[1], &order, 1) != 1) break;
    }
    _exit(0);
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    for (const int end : {to_[0], to_[1], from_[0], from_[1]}) close(end);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void tell(char order) const {  // returns when it is done
    char done = 0;
    if (write(to_[1], &order, 1) != 1 || read(from_[0], &done, 1) != 1) std::abort();
  }

 private:
  pid_t pid_ = -1;
  int to_[2];
  int from_[2];
};

TEST(trial_meter, cpu_time_from_before_the_window_and_after_it_is_not_the_windows) {
  double burnt = 0;
  const Child child([&](int) { burn(burnt += 0.3); });
  TrialMeter meter(child.pid(), 0, "meter-test-1", {});
  meter.ready(false);
  child.tell('b');
  meter.begin(ticks::from_kernel());
  child.tell('b');
  meter.end(ticks::from_kernel());
  child.tell('b');
  meter.look();
  EXPECT_TRUE(meter.measures().complete);
  EXPECT_NEAR(meter.measures().cpu_s, 0.3, 0.05) << "0.3 s before, within and after it";
  EXPECT_GE(meter.measures().elapsed_s, 0.28);
}

TEST(trial_meter, threads_that_keep_house_are_known_by_their_names) {
  const Child child([](int order) {
    std::atomic<bool> done = false;
    std::thread([&done, order] {
      pthread_setname_np(pthread_self(), order == 'c' ? "C2 CompilerThre" : order == 'g' ? "GC Thread#0" : "worker");
      burn(0.2);  // of its own time
      done = true;
      pause();
    }).detach();
    while (!done) std::this_thread::sleep_for(1ms);
  });
  TrialMeter meter(child.pid(), 0, "meter-test-5", {.compiler = {"C1 Comp", "C2 Comp"}, .collector = {"GC Thread"}});
  meter.ready(false);
  child.tell('c');
  meter.begin(ticks::from_kernel());
  for (const char order : {'c', 'g', 'g', 'w'}) child.tell(order);
  meter.end(ticks::from_kernel());
  EXPECT_NEAR(meter.measures().compiler_cpu_s, 0.2, 0.05) << "what it used before the window is not the window's";
  EXPECT_NEAR(meter.measures().collector_cpu_s, 0.4, 0.05);
  EXPECT_NEAR(meter.measures().cpu_s, 0.8, 0.1) << "theirs included";
}

TEST(trial_meter, switches_of_a_thread_that_ends_within_the_window_are_none_and_not_less) {
  std::atomic<bool> ends = false;
  std::thread restless;
  const Child child([&](int order) {
    if (order == 's') {
      std::atomic<bool> switched = false;
      restless = std::thread([&] {
        for (int turn = 0; turn < 100; ++turn) std::this_thread::sleep_for(1ms);
        switched = true;
        while (!ends) std::this_thread::sleep_for(1ms);
      });
      while (!switched) std::this_thread::sleep_for(1ms);
    } else {
      ends = true;
      restless.join();
    }
  });
  TrialMeter meter(child.pid(), 0, "meter-test-6", {});
  child.tell('s');
  meter.ready(true);
  meter.begin(ticks::from_kernel());
  child.tell('e');
  meter.end(ticks::from_kernel());
  EXPECT_LT(meter.measures().forked_switches_voluntary, 100U);
  EXPECT_LT(meter.measures().forked_switches_involuntary, 100U);
}

TEST(trial_meter, a_peers_and_the_parents_own_cpu_time_are_apart) {
  double burnt = 0;
  const Child trial([](int) {});
  const Child peer([&](int) { burn(burnt += 0.2); });
  TrialMeter meter(trial.pid(), peer.pid(), "meter-test-2", {});
  meter.ready(false);
  meter.begin(ticks::from_kernel());
  peer.tell('b');
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  burn(static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9 + 0.1);
  meter.end(ticks::from_kernel());
  EXPECT_LT(meter.measures().cpu_s, 0.02);
  EXPECT_NEAR(meter.measures().peer_cpu_s, 0.2, 0.05);
  EXPECT_NEAR(meter.measures().own_cpu_s, 0.1, 0.08);
}

TEST(trial_meter, readings_that_come_late_say_by_how_much) {
  const Child child([](int) {});
  TrialMeter meter(child.pid(), 0, "meter-test-3", {});
  meter.ready(false);
  meter.begin(ticks::from_kernel() - 500'000'000);
  meter.end(ticks::from_kernel());
  EXPECT_NEAR(meter.measures().begin_late_s, 0.5, 0.1);
  EXPECT_LT(meter.measures().end_late_s, 0.1);
}

TEST(trial_meter, memory_that_was_given_back_is_in_the_peak) {
  constexpr std::size_t size = std::size_t{64} << 20U;
  const Child child([](int) {
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    munmap(memory, size);
  });
  TrialMeter meter(child.pid(), 0, "meter-test-4", {});
  meter.ready(false);
  const std::uint64_t idle = meter.measures().idle_resident;
  meter.begin(ticks::from_kernel());
  child.tell('m');
  meter.end(ticks::from_kernel());
  EXPECT_GT(meter.measures().peak_resident, idle + size * 9 / 10);
  EXPECT_LT(meter.look(), idle + size / 2);
}

}  // namespace
}  // namespace cbench
