#include "app/backend.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "ops/forces.hpp"

namespace mg {

#if defined(MG_WITH_CUDA)
namespace {

/// This process's number among those of its node; 0 where no launcher says.
int number_on_node() {
    for (const char* name : {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "PMI_LOCAL_RANK", "SLURM_LOCALID"})
        if (const char* value = std::getenv(name)) return std::max(0, std::atoi(value));
    return 0;
}

}  // namespace

int gpus() { return device_count(Cuda{}); }
int bind_gpu() {
    const int number = number_on_node() % gpus();
    use_device(Cuda{}, number);
    return number;
}
#else
int gpus() { return 0; }
int bind_gpu() { return 0; }
#endif

bool use_cuda(const std::string& backend) {
    if (backend == "host") return false;
    if (backend == "auto" && gpus() == 0) return false;
    if (!with_cuda) throw InputError("no CUDA backend", "this program was built without CUDA", "use --backend host");
    if (gpus() == 0)
        throw InputError("no CUDA device was found", "neither driver nor GPU answers", "use --backend host or auto");
    bind_gpu();
    return true;
}

std::string device_name(bool cuda) {
    return cuda ? fmt::format("GPU {} of {}", bind_gpu(), gpus())
                : fmt::format("host, {} thread{}, {}", omp_get_max_threads(), omp_get_max_threads() == 1 ? "" : "s",
                              host_instruction_set());
}

}  // namespace mg
