#include "study/results/elastic_file.hpp"

#include <cmath>

#include "core/error.hpp"

namespace mg::study {

bool is_elastic_model(const std::string& path) {
    const io::H5File h5 = io::H5File::open(path);
    return h5.has_attribute("/", "model") && h5.read_string("/", "model") == "elastic";
}

std::string network_fault(const ElasticNetwork& n) {
    const std::size_t species = n.elements.size();
    if (species == 0 || n.masses.size() != species) return "elements and masses do not belong together";
    for (const std::vector<double>* knots : {&n.pair_knots, &n.density_knots}) {
        if (knots->size() < 5) return "a law has fewer than five knots";
        for (std::size_t k = 1; k < knots->size(); ++k)
            if (!((*knots)[k] > (*knots)[k - 1])) return "knots do not rise";
    }
    const ElasticShape shape = n.shape();
    if (n.parameter.size() != static_cast<std::size_t>(shape.parameters()) ||
        n.mean.size() != species * species * static_cast<std::size_t>(shape.density.size()))
        return "its parameters are not as many as its laws need";
    for (const std::vector<double>* v : {&n.masses, &n.pair_knots, &n.density_knots, &n.parameter, &n.mean})
        for (const double x : *v)
            if (!std::isfinite(x)) return "a number is not finite";
    return "";
}

ElasticModelFile read_elastic_model(const std::string& path) {
    auto f = read_fields<ElasticModelFile>(io::H5File::open(path, true));
    const auto refuse = [&](const std::string& what) {
        throw InputError("the model " + path + " cannot be used", what, "train it again");
    };
    const ElasticNetwork& n = f.model.network;
    const ElasticCalibration& c = f.model.calibration;
    const std::size_t species = n.elements.size();
    if (const std::string fault = network_fault(n); !fault.empty()) refuse(fault);
    const ElasticShape shape = n.shape();
    if (c.deviation.size() != species || c.interval_90.size() != species || c.virial.size() != species ||
        c.virial_deviation.size() != species || c.closest.size() != static_cast<std::size_t>(shape.pairs()))
        refuse("its calibration is of another number of species");
    for (const std::vector<double>* v : {&c.deviation, &c.interval_90, &c.virial, &c.virial_deviation, &c.closest})
        for (const double x : *v)
            if (!std::isfinite(x)) refuse("a number is not finite");
    return f;
}

void write_elastic_model(const std::string& path, const ElasticModelFile& file) {
    io::H5File h5 = io::H5File::create(path, true);
    result_file::Writer writer{h5};
    ElasticModelFile::visit(writer, file);
    h5.close();
}

}  // namespace mg::study
