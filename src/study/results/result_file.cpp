#include "study/results/result_file.hpp"

namespace mg::study {

void write_stamp(io::H5File& file, const Stamp& stamp) {
    file.write_attribute("/", "stage_hash", stamp.stage_hash);
    file.write_attribute("/", "version", stamp.version);
    file.write_attribute("/", "seed", static_cast<long>(stamp.seed));
    file.write_attribute("/", "study_hash", stamp.study_hash);
    file.write_attribute("/", "potential_sha256", stamp.potential_sha256);
}

}  // namespace mg::study
