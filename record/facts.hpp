// Where and with what a trial was measured: the machine, the build of cbench, and the runtime that the model stands on.
#pragma once

#include <cstdint>
#include <string>

#include "record/text_map.hpp"

namespace cbench {

// What the machine is, and what it did beside the trials. Results of two machines are not comparable.
struct HostFacts {
  std::string cpu_model;
  std::string kernel;
  std::string governor;  // "unknown" where the kernel does not tell, as in most virtual machines
  std::string idle;      // "kept awake": CPUs did not halt (--keep-awake); empty: as the kernel does with them
  std::string clock;     // "tsc" or "clock_gettime", with the frequency
  std::uint32_t cpus_online = 0;
  std::uint32_t cpus_allowed = 0;  // by affinity
  double cpu_quota = 0;            // CPUs by cgroup quota; 0: no quota
  std::uint64_t memory_bytes = 0;
  std::uint32_t peers = 1;  // threads of the peer (--peers)

  friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

// How the cbench that measured was built, with the native models in it.
struct BuildFacts {
  std::string version;   // of cbench
  std::string compiler;  // with version and flags
  std::string build_type;
  std::string allocator;
  TextMap libraries;  // name -> version

  friend bool operator==(const BuildFacts&, const BuildFacts&) = default;
};

}  // namespace cbench
