#include "study/results/result_file.hpp"

#include "core/error.hpp"

namespace mg::study {

void write_stamp(io::H5File& file, const Stamp& stamp) {
    file.write_attribute("/", "file", stamp.origin.file);
    file.write_attribute("/", "stage", stamp.origin.stage);
    file.write_attribute("/", "stage_hash", stamp.origin.hash);
    file.write_attribute("/", "sample", stamp.origin.sample);
    file.write_attribute("/", "version", stamp.version);
    file.write_attribute("/", "seed", static_cast<long>(stamp.seed));
    file.write_attribute("/", "study_hash", stamp.study_hash);
    file.write_attribute("/", "potential_sha256", stamp.potential_sha256);
}

void require_origin(const io::H5File& h5, const Origin& origin) {
    const auto refuse = [&](const std::string& problem, const std::string& why) {
        throw InputError("'" + h5.path() + "' " + problem, why,
                         "put the right file back, or delete what the stage " + origin.stage +
                             " wrote for this sample: it is made again");
    };
    const auto text = [&](const char* name) {
        return h5.has_attribute("/", name) ? h5.read_string("/", name) : std::string();
    };
    if (const std::string file = text("file"); file != origin.file)
        refuse("is not what its name says", file.empty() ? "it has no name of its own" : "it was written as " + file);
    if (const long sample = h5.read_long("/", "sample"); sample != origin.sample)
        refuse("is of another sample", "it is of sample " + std::to_string(sample) + ", in the place of sample " +
                                           std::to_string(origin.sample));
    if (text("stage_hash") != origin.hash) refuse("is of other settings", "it was not made by this study");
}

io::H5File open_result(const std::string& path, const Origin& origin) {
    io::H5File h5 = io::H5File::open(path, true);
    require_origin(h5, origin);
    return h5;
}

}  // namespace mg::study
