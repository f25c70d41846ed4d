// The one list of what the contract suite leaves out, and why. A test that is left out is reported as skipped, with
// the reason; suppressions of single reports are in tests/tsan.supp.
#pragma once

#include <array>
#include <string_view>

namespace cbench::contract_tests {

struct LeftOut {
  std::string_view candidate;  // as Candidate::name() writes it
  std::string_view why;
};

#if defined(__SANITIZE_THREAD__)
inline constexpr std::array left_out{
    LeftOut{
        "fibers:sched=shared-work",
        "the thread sanitizer of g++ 12 keeps a call stack for each thread; a fiber that goes on on another thread, "
        "through Debian's Boost, which does not tell it, breaks that stack, and the sanitizer itself crashes"},
    LeftOut{"fibers:sched=work-stealing", "as for fibers:sched=shared-work"},
    LeftOut{"fibers:sched=library-round-robin",
            "as for fibers:sched=shared-work: the library's own switches of stacks"},
    LeftOut{"fibers:sched=library-shared-work", "as for fibers:sched=shared-work"},
    LeftOut{"fibers:sched=library-work-stealing", "as for fibers:sched=shared-work"},
    LeftOut{"tbb:wait=suspend", "as for fibers:sched=shared-work, on the stacks that oneTBB suspends"},
};
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr std::array left_out{
    LeftOut{"fibers:sched=library-round-robin",
            "the library's schedulers switch to stacks of their own without telling the address sanitizer, which then "
            "takes an exception on one of them for a use of another thread's stack"},
    LeftOut{"fibers:sched=library-shared-work", "as for fibers:sched=library-round-robin"},
    LeftOut{"fibers:sched=library-work-stealing", "as for fibers:sched=library-round-robin"},
    LeftOut{"tbb:wait=suspend",
            "oneTBB switches to stacks of its own without telling the address sanitizer, which then takes an exception "
            "on one of them for a use of another thread's stack"},
};
#else
inline constexpr std::array<LeftOut, 0> left_out{};
#endif

}  // namespace cbench::contract_tests
