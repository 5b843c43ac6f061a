#include "for_each.cuh"

#include "ops/forces.inl"

namespace mg {

template void compute_forces_reference(Batch<Cuda>&, const Neighbors<Cuda>&, const EamTables<Cuda>&, ForceWork<Cuda>&,
                                       Precision, bool);

/// One thread per slot, from the generic sweeps.
template <>
void compute_forces(Batch<Cuda>& b, const Neighbors<Cuda>& n, const EamTables<Cuda>& t, ForceWork<Cuda>& w,
                    Precision precision, bool with_energy) {
    compute_forces_reference(b, n, t, w, precision, with_energy);
}

}  // namespace mg
