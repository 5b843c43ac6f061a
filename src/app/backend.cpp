#include "app/backend.hpp"

#include <fmt/format.h>
#include <omp.h>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "ops/forces.hpp"

namespace mg {

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

}  // namespace mg
