#include "ops/ritz.hpp"

#include <Eigen/Eigenvalues>  // takes longer to compile than all that calls it

namespace mg {

RitzPairs ritz_pairs(const std::vector<double>& h, const std::vector<double>& g, int n) {
    using Symmetric = Eigen::Map<const Eigen::MatrixXd>;
    const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> solver(Symmetric(h.data(), n, n),
                                                                           Symmetric(g.data(), n, n));
    const Eigen::VectorXd& value = solver.eigenvalues();
    const Eigen::MatrixXd& vector = solver.eigenvectors();
    return {{value.data(), value.data() + n}, {vector.data(), vector.data() + static_cast<long>(n) * n}};
}

}  // namespace mg
