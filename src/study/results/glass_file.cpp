#include "study/results/glass_file.hpp"

#include <algorithm>

namespace mg::study {

std::vector<double> cell_rows(const Box& box) {
    const Mat3 rows = transpose(box.h);
    return {rows.m, rows.m + 9};
}

Box box_of_rows(const double* rows) {
    Mat3 m;
    std::copy_n(rows, 9, m.m);
    return make_box(transpose(m));
}

}  // namespace mg::study
