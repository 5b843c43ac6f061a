#include "app/backend.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <cstdlib>
#include <initializer_list>
#include <iostream>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "ops/forces.hpp"

namespace mg {

namespace {

/// The number in the first of these environment variables that is set, or `otherwise`.
int environment_number(std::initializer_list<const char*> names, int otherwise) {
    for (const char* name : names)
        if (const char* value = std::getenv(name)) return std::atoi(value);
    return otherwise;
}

}  // namespace

#if defined(MG_WITH_CUDA)
int gpus() { return device_count(Cuda{}); }
#else
int gpus() { return 0; }
#endif

bool use_cuda(const std::string& backend) {
    if (backend == "host") return false;
    if (backend == "auto") return gpus() > 0;
    if (!with_cuda) throw InputError("no CUDA backend", "this program was built without CUDA", "use --backend host");
    if (gpus() == 0)
        throw InputError("no CUDA device was found", "neither driver nor GPU answers", "use --backend host or auto");
    return true;
}

std::string device_name(bool cuda) {
    return cuda ? std::string("GPU 0")
                : fmt::format("host, {} thread{}, {}", omp_get_max_threads(), omp_get_max_threads() == 1 ? "" : "s",
                              host_instruction_set());
}

bool only_rank() {
    const int size = environment_number({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"}, 1);
    const int rank = environment_number({"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"}, 0);
    if (size > 1 && rank == 0)
        std::cerr << "mgstiff-gpu: warning: started on " << size
                  << " ranks, but this version computes on one; the others have nothing to do\n";
    return rank == 0;
}

}  // namespace mg
