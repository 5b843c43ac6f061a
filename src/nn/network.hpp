#pragma once
/// \file A multilayer perceptron with its work space in Space: forward pass, loss and gradient of one batch.

#include <vector>

#include "core/array.hpp"
#include "core/space.hpp"
#include "nn/model.hpp"
#include "ops/gemm.hpp"

namespace mg {

/// Every layer's values carry a last column of ones, so that one product with (weights | bias) adds the bias and one
/// product with the values gives the gradients of weights and bias together.
template <class Space>
class Network {
public:
    /// Room for batches of at most `max_rows` rows.
    Network(const Layers& layers, Activation activation, int max_rows);

    const Layers& layers() const { return layers_; }
    int max_rows() const { return max_rows_; }
    void set_parameters(const std::vector<double>& parameters);
    Array<double, Space>& parameters() { return parameters_; }

    /// Takes rows order[first .. first + rows) of a data set in Space, inputs (n, m) and targets (n), both standardised.
    /// An empty `order` means the rows as they stand.
    void load(const Array<double, Space>& inputs, const Array<double, Space>& targets, const Array<int, Space>& order,
              int first, int rows);
    /// The prediction of the loaded rows.
    void forward();
    const Array<double, Space>& prediction() const { return values_.back(); }
    /// Mean-squared-error derivative of the loaded rows after forward(); writes their squares to
    /// squared_error[first ...].
    void loss(Array<double, Space>& squared_error, int first);
    /// Gradient of the mean squared error after loss(), as partial sums over fixed blocks of rows.
    void backward();
    const Array<double, Space>& partial_gradients() const { return partials_; }  ///< (blocks, parameters)
    int blocks() const { return row_blocks(Space{}, rows_); }
    /// The gradient, summed on the host.
    std::vector<double> gradient() const;

private:
    Matrix<double, Space> values(int layer, bool with_ones);
    Matrix<double, Space> delta(int layer);
    Matrix<double, Space> weights(int layer, bool with_bias);

    Layers layers_;
    Activation activation_;
    int max_rows_;
    int rows_ = 0;
    Array<double, Space> parameters_;
    Array<double, Space> targets_;               ///< (max_rows)
    std::vector<Array<double, Space>> values_;   ///< per layer of units (max_rows, width + 1); the last (max_rows)
    std::vector<Array<double, Space>> deltas_;   ///< per layer of units but the first: (max_rows, width)
    Array<double, Space> partials_;              ///< (blocks, parameters)
};

}  // namespace mg
