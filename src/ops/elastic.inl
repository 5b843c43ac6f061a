/// \file Generic bodies of the learned elastic network's ops; compiled for Host by elastic.cpp and for Cuda by
/// cuda/elastic.cu.

#include "ops/elastic.hpp"

namespace mg {

template <class Space>
void set_parameters(ElasticGlass<Space>& g, const std::vector<double>& parameter, double on_site) {
    copy(to_space<Space>(parameter), g.parameter);
    g.hessian.on_site = on_site;
    const ElasticView e = g.view();
    for_each(Space{}, e.slots, ElasticDensitySweep{e, g.parameter.data(), g.s.data()});
    for_each(Space{}, e.slots,
             ElasticBondSweep{e, g.parameter.data(), g.s.data(), g.hessian.bond.data(), g.hessian.curvature.data(),
                              g.hessian.force.data(), g.virial.data()});
}

template <class Space>
void force_derivatives(const ElasticGlass<Space>& g, Array<double, Space>& rows, Array<double, Space>& virials) {
    virials.resize(static_cast<std::size_t>(g.hessian.slots) * g.parameters);
    rows.resize(3 * static_cast<std::size_t>(g.hessian.slots) * g.parameters);
    for_each(Space{}, g.hessian.slots,
             ElasticForceSweep{g.view(), g.parameter.data(), g.s.data(), g.hessian.bond.data(), rows.data(),
                               virials.data()});
}

template <class Space>
void compliance_derivatives(const ElasticGlass<Space>& g, const Panels<Space>& x, Array<double, Space>& gradient,
                            Array<double, Space>& work) {
    const int chunks = (g.hessian.slots + elastic_chunk - 1) / elastic_chunk, row = labels_per_panel * g.parameters;
    work.resize(static_cast<std::size_t>(x.panels) * chunks * row);
    gradient.resize(static_cast<std::size_t>(x.panels) * row);
    for_each(Space{}, x.panels * chunks,
             ElasticGradientSweep{g.view(), chunks, g.parameter.data(), g.s.data(), g.hessian.bond.data(),
                                  x.value.data(), work.data()});
    for_each(Space{}, x.panels * row, ElasticGradientFinishSweep{chunks, row, work.data(), gradient.data()});
}

}  // namespace mg

#define MG_ELASTIC_OPS(Space)                                                                          \
    template void mg::set_parameters(ElasticGlass<mg::Space>&, const std::vector<double>&, double);    \
    template void mg::force_derivatives(const ElasticGlass<mg::Space>&, Array<double, mg::Space>&,     \
                                        Array<double, mg::Space>&);                                    \
    template void mg::compliance_derivatives(const ElasticGlass<mg::Space>&, const Panels<mg::Space>&, \
                                             Array<double, mg::Space>&, Array<double, mg::Space>&);
